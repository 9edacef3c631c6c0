internal import Agent
internal import ArgumentParser
internal import Console
internal import DeviceIdentity
internal import Faults
internal import Sealing
internal import StrictJSON

/// `nacelle identity renew`.
struct IdentityRenewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew",
        abstract: "Renew the certificate over EST (RFC 7030), where it is time.",
        discussion: """
            Meant for a timer: before its time it does nothing and says so. A new key and request \
            are made (a key in a token stays), the server is asked with the old certificate, and \
            the new one must work before one rename makes it current. Whatever fails, the old pair \
            stays; the next run goes on with the same request.

              nacelle identity renew
              nacelle identity renew --force     now, whatever the date
            """)

    @OptionGroup var common: CommonOptions

    @Flag(name: .long, help: "Renew although it is not time yet.")
    var force = false

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            let outcome = try IdentityWork(configuration, reporter: ConsoleReporter(console))
                .renew(force: force)
            switch outcome {
            case .notDue(let pair, let term):
                let now = IdentityWork.clock
                console.say(
                    "The certificate is good for \(term.daysLeft(at: now)) more days and is not "
                        + "renewed before \(Timestamp.text(term.due)); nothing was done.")
                if term.isEarly(at: now) {
                    console.warn(
                        "This machine's clock says \(Timestamp.text(now)), before its certificate "
                            + "began; set the clock.")
                }
                tell(console, "not-due", [("current", IdentityReport.json(pair, term, now))])
            case .renewed(let old, let new):
                console.say(
                    "The certificate was renewed until "
                        + "\(Timestamp.text(new.certificate.notAfter)); pair \(new.generation) is "
                        + "current, pair \(old.generation) is kept.")
                tell(
                    console, "renewed",
                    [("current", IdentityReport.json(new, nil, IdentityWork.clock))])
            case .waiting(let wish):
                let seconds = wish.map { $0.components.seconds }
                console.say(
                    "The server decides later; the old certificate stays. Start the command again"
                        + (seconds.map { " in \($0) s." } ?? " later."))
                tell(console, "waiting", [("retryAfter", seconds.map { .integer($0) })])
            }
        }
    }

    private func tell(_ console: Console, _ outcome: String, _ more: [(String, JSONValue?)]) {
        console.event("result", [("ok", .bool(true)), ("outcome", .string(outcome))] + more)
    }
}
