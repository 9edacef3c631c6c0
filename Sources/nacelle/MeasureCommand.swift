internal import Agent
internal import ArgumentParser
internal import Console
internal import Faults
internal import Service
internal import StrictJSON

/// `nacelle measure`.
struct MeasureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure",
        abstract: "Look at the application and the machine once: keep, show and push what is seen.",
        discussion: """
            The application's page of metrics (part “telemetry” of the configuration) is read and held \
            against the reference that came with the version; a textfile for node_exporter is written, \
            and samples are pushed where the configuration says so. The service does it every minute; \
            what the application does not answer, or a server does not take, is a warning.

              nacelle measure
              nacelle measure --json | jq .health
            """)

    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            let result = try Measurement(configuration).run(store: common.store) {
                ServiceStatus.metrics(configuration, store: common.store)
            }
            for warning in result.warnings { console.warn(warning) }
            for (name, words) in HealthLines(result.page).lines {
                let gap = String(repeating: " ", count: max(9 - name.count, 1))
                console.say("\(name)\(gap)\(words)")
            }
            console.event(
                "measured",
                [
                    ("health", HealthLines(result.page).json),
                    ("waiting", result.waiting.map { .integer($0) }),
                ])
        }
    }
}
