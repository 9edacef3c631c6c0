internal import Agent
internal import ArgumentParser
internal import Console
internal import Faults
internal import Service
internal import StrictJSON

/// `nacelle update`.
struct UpdateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Look for a new version and install it now, outside of windows too.",
        discussion: """
            Where the service runs it is asked to, and this command shows how it goes; interrupting \
            the command then does not interrupt the update. Where it does not run, the command does \
            its work once, in the foreground.

            Windows do not hold back what a person asks for; inhibitors do, and the rollout server's \
            word that a version is not to be installed yet. A version that is only proved so far \
            (“mode: prepare”) is swapped in; one that waits for a yes gets it.

              nacelle update
              nacelle update --json | jq -r 'select(.event == "result").outcome'

            Outcomes: good, fallen-back, failed, cancelled, waiting, nothing. Where it waits after \
            a failure and no service is there to try again, it ends with that failure's status.
            """)

    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            let order = UpdateOrder(configuration, store: common.store, console: console)
            let outcome = try order.run()
            console.say(outcome.words)
            console.event(outcome.json)
            if let fault = outcome.fault { throw fault }
        }
    }
}
