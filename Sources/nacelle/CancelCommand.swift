internal import ArgumentParser
internal import Console
internal import Faults
internal import Service
internal import UpdateMachine

/// `nacelle cancel`.
struct CancelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Call off the update that is under way, as long as it was not swapped in.",
        discussion: """
            A download, a smoke run or a wait ends; what was fetched stays and is gone on with when \
            the same version is installed again. The version is not denied, but the service does not \
            begin with it again by itself for a day. From the swap on: “nacelle rollback”.

            It works also where another command installs, and where the service is not running: then \
            it holds for when it starts.

              nacelle cancel
              nacelle cancel --reason "the turbine is being serviced"
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "Why, for the history.")
    var reason = ""

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            try ServiceRequest(configuration, store: common.store).send(
                .cancel, reason: reason, to: console)
        }
    }
}
