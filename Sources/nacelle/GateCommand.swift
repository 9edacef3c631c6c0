internal import Agent
internal import ArgumentParser
internal import Console
internal import Faults
internal import Schedule

/// `nacelle gate`.
struct GateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gate",
        abstract: "Tell whether a version may be fetched or swapped in now, and why not.",
        discussion: """
            The windows and inhibitors of the part “service” of the configuration are asked, as the \
            service asks them before each step. It ends with 0 either way.

              nacelle gate
              nacelle gate --stage fetch
              nacelle gate --json | jq -r .open
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "The step that is asked about: fetch, or swap.")
    var stage = StageArgument.swap

    @Flag(help: "As if a person had asked for the update: windows do not count.")
    var asked = false

    @Flag(help: "As if the rollout server forced it, and was allowed to pass the windows.")
    var forced = false

    @Flag(help: "As if the rollout server had said that the step is not to be taken yet.")
    var skipped = false

    @Flag(help: "As if the rollout server's own maintenance window were closed.")
    var serverWindowClosed = false

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            var wish = GateCheck.Wish(stage == .fetch ? .fetch : .swap)
            wish.passesWindows = asked || forced
            wish.isSkipped = skipped
            wish.isServerClosed = serverWindowClosed
            let answer = GateCheck(try configuration.service()).ask(wish)
            if answer.isOpen {
                console.say("Nothing speaks against it.")
            } else {
                console.say("Not now:")
                for reason in answer.reasons { console.say("  \(reason)") }
                console.say("It is asked again in \(answer.recheck) s.")
            }
            console.event(answer.json)
        }
    }
}

/// The values of `--stage`.
enum StageArgument: String, ExpressibleByArgument, CaseIterable {
    case fetch, swap
}
