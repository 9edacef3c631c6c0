internal import Agent
internal import ArgumentParser
internal import Console
internal import Faults

/// `nacelle contact`.
struct ContactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contact",
        abstract: "Exchange with the rollout server once: deliver reports, ask what is to be done.",
        discussion: """
            The server of the part “fleet” of the configuration is told what waits for it and what \
            this machine is, and asked what it wants: nothing, that a version be installed (offer), \
            that an action be given up (cancel), or that somebody confirm a version (confirmation). \
            An offer is kept for “nacelle install --offer”; nothing is installed.

            Without the part “fleet” it does what “nacelle check” does.

              nacelle contact
              nacelle contact --json | jq -r .verdict
              nacelle contact && nacelle install --offer
            """)

    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            guard let fleet = try configuration.fleet() else {
                return try CheckCommand.check(nil, console, configuration, store: common.store)
            }
            try ContactCommand.contact(fleet, console, configuration, store: common.store)
        }
    }

    /// Exchanges with the rollout server once, and tells what it wants.
    static func contact(
        _ fleet: FleetSettings, _ console: Console, _ configuration: Configuration, store: String?
    ) throws(Fault) {
        let report = try FleetContact(configuration, fleet).run(store: store)
        console.say(report.lines.joined(separator: "\n"))
        console.event(report.json)
    }
}
