internal import Agent
internal import ArgumentParser
internal import Console
internal import Faults
internal import Transport

/// `nacelle check`.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Ask the repository what it offers for this machine; install nothing.",
        discussion: """
            The repository's metadata is brought up to date and verified: signatures from the root of \
            trust on, freshness by this machine's clock, and that nothing goes back. Its verdict is one \
            of available, current, denied and older. Where a rollout server is configured and no \
            repository, it does what “nacelle contact” does.

              nacelle check
              nacelle check /media/stick/fleet
              nacelle check --json | jq -r .verdict
            """)

    @OptionGroup var common: CommonOptions

    @Argument(
        help: ArgumentHelp(
            "The repository: a folder, or an https address; by default the configured one.",
            valueName: "repository"), completion: .directory)
    var place: String?

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            // Where updates come from a rollout server alone, that is who is asked.
            if place == nil, try configuration.repository() == nil,
                let fleet = try configuration.fleet()
            {
                return try ContactCommand.contact(
                    fleet, console, configuration, store: common.store)
            }
            try CheckCommand.check(place, console, configuration, store: common.store)
        }
    }

    /// Asks a repository and tells its answer.
    static func check(
        _ place: String?, _ console: Console, _ configuration: Configuration, store: String?
    ) throws(Fault) {
        let location = try RepositoryPlace.location(place, configuration)
        let meter = TrafficMeter()
        let tree = try configuration.tree(
            location, maxBytes: try configuration.maxBytes(), meter: meter)
        let report = try RepositoryCheck(
            configuration, reporter: ConsoleReporter(console)
        ).run(
            tree, named: place, reach: try configuration.reach(location), store: store, meter: meter
        )
        console.say(report.lines.joined(separator: "\n"))
        console.event(report.json)
    }
}
