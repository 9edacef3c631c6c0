internal import Agent
internal import ArgumentParser
internal import Console
internal import Faults
internal import StrictJSON

/// `nacelle config check`.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Look at the configuration.",
        subcommands: [Check.self], defaultSubcommand: Check.self)

    /// `nacelle config check`.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Read the whole configuration and say everything that is wrong with it.")

        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.run { (console, configuration) throws(Fault) in
                let faults = configuration.check()
                for fault in faults {
                    console.say(fault.description)
                    console.event(
                        "finding",
                        [
                            ("message", .string(fault.message)),
                            ("advice", .string(fault.advice)),
                            ("cause", fault.cause.map(JSONValue.string)),
                        ])
                }
                guard faults.isEmpty else {
                    throw Fault(
                        .configuration,
                        "\(configuration.path) has \(faults.count) "
                            + (faults.count == 1 ? "mistake." : "mistakes."),
                        advice: "docs/configuration.md explains every key.")
                }
                if let gap = ConfinementReport.gap { console.warn(gap) }
                console.say("\(configuration.path) is right.")
                console.event("result", [("ok", .bool(true)), ("outcome", .string("right"))])
            }
        }
    }
}
