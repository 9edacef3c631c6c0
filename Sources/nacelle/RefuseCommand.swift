internal import ArgumentParser
internal import Console
internal import Faults
internal import Service
internal import UpdateMachine

/// `nacelle refuse`.
struct RefuseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refuse",
        abstract: "Say no to the version that waits for a yes.",
        discussion: """
            The rollout server is told. The version is not denied on this machine: “nacelle deny” \
            does that.

              nacelle refuse --reason "not before the inspection"
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "Why, for the history.")
    var reason = ""

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            try ServiceRequest(configuration, store: common.store).send(
                .refuse, reason: reason, to: console)
        }
    }
}
