internal import Agent
internal import ArgumentParser
internal import Console
internal import DeviceIdentity
internal import Faults
internal import StrictJSON

/// `nacelle identity`.
struct IdentityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identity",
        abstract: "Show, make and renew this machine's own key and certificate.",
        discussion: """
            The certificate is what this machine shows to servers (mutual TLS). Its key is made here \
            and never leaves: an authority gets a request and gives a certificate. The pair before \
            stays, and a new one becomes current by one rename, after it has worked.

              nacelle identity                      whose it is, how long it is good for
              nacelle identity request -o new.csr   a key, and a request to be signed
              nacelle identity import new.pem       what the authority made of it
              nacelle identity renew                over EST, where it is time; for a timer
              nacelle identity rollback             back to the pair before, at once
            """,
        subcommands: [
            Show.self, IdentityRequestCommand.self, IdentityImportCommand.self,
            IdentityRenewCommand.self, IdentityRollbackCommand.self,
        ],
        defaultSubcommand: Show.self)

    /// `nacelle identity show`.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show subject, issuer, days left, where the key is, and what waits.",
            discussion: """
                It asks no server and changes nothing. A key in a token is opened, so that a token \
                that is missing or a wrong PIN shows.
                """)

        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.run { (console, configuration) throws(Fault) in
                let report = try IdentityWork(configuration, reporter: ConsoleReporter(console))
                    .report()
                console.say(IdentityPage(report).text)
                console.event(report.json)
            }
        }
    }
}
