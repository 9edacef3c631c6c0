internal import Agent
internal import ArgumentParser
internal import Console
internal import DeviceIdentity
internal import Faults
internal import Sealing
internal import StrictJSON

/// `nacelle identity import CERTIFICATE`.
struct IdentityImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take the certificate that an authority made of this machine's request.",
        discussion: """
            It must be for the key that waits and the subject that was asked for, valid now, and \
            usable by a TLS client. Where an EST server or “verify” is configured it must also work there first, unless --unproved is \
            given. Then the pair is current; the one before is kept. PEM, DER and PKCS#7 are read; \
            certificates that stand in between may be in the same file.

              nacelle identity import /media/stick/turbine-7.pem
            """)

    @OptionGroup var common: CommonOptions

    @Flag(name: .long, help: "Take it without trying it at a server, as on a machine offline.")
    var unproved = false

    @Flag(
        name: .long, help: "Take it although the authority made it for another subject.")
    var anotherSubject = false

    @Argument(
        help: ArgumentHelp("The certificate's file.", valueName: "certificate"), completion: .file()
    )
    var file: String

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            let outcome = try IdentityWork(configuration, reporter: ConsoleReporter(console))
                .take(file, proving: !unproved, anotherSubject: anotherSubject)
            switch outcome {
            case .accepted(let pair, let proof):
                console.say(
                    "The certificate of \(pair.certificate.subject) is current, valid until "
                        + "\(Timestamp.text(pair.certificate.notAfter)); "
                        + (proof.map { "it worked at \($0)." } ?? "nothing has proved it yet."))
                tell(console, "imported", pair, provedAt: proof)
            case .alreadyCurrent(let pair):
                console.say("That certificate is current already; nothing was changed.")
                tell(console, "already-current", pair, provedAt: nil)
            }
        }
    }

    private func tell(
        _ console: Console, _ outcome: String, _ pair: IdentityPair, provedAt: String?
    ) {
        console.event(
            "result",
            [
                ("ok", .bool(true)), ("outcome", .string(outcome)),
                ("proved", provedAt.map(JSONValue.string)),
                ("current", IdentityReport.json(pair, nil, IdentityWork.clock)),
            ])
    }
}
