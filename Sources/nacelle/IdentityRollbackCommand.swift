internal import Agent
internal import ArgumentParser
internal import Console
internal import DeviceIdentity
internal import Faults
internal import Sealing
internal import StrictJSON

/// `nacelle identity rollback`.
struct IdentityRollbackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Make the key and certificate before current again, at once.",
        discussion: """
            For a certificate that worked where it was proved and does not work elsewhere. It needs \
            no network. The pair that is left is kept in turn, so the same command goes forward \
            again; the next renewal that is due makes a third.

              nacelle identity rollback
            """)

    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            let result = try IdentityWork(configuration, reporter: ConsoleReporter(console))
                .rollBack()
            let own = result.now.certificate
            let term = RenewalTerm(own, renewBefore: nil)
            console.say(
                "The certificate with the serial \(own.serial), valid until "
                    + "\(Timestamp.text(own.notAfter)), is current again; the one with "
                    + "\(result.left.certificate.serial) is kept.")
            if term.isExpired(at: IdentityWork.clock) {
                console.warn("It has expired by this machine's clock.")
            }
            console.event(
                "result",
                [
                    ("ok", .bool(true)), ("outcome", .string("rolled-back")),
                    ("current", IdentityReport.json(result.now, nil, IdentityWork.clock)),
                    ("left", .string(result.left.certificate.serial)),
                ])
        }
    }
}
