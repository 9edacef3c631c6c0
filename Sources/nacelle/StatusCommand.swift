internal import Agent
internal import ArgumentParser
internal import Console
internal import Faults
internal import Glibc
internal import Processes
internal import Service
internal import StrictJSON

/// `nacelle status`.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what runs, what stands in the other slot, and what can be gone back to.",
        discussion: """
            It reads link, records and what was kept of the model's health, waits for nobody and \
            changes nothing. With --watch the page is written anew every two seconds, until Ctrl-C; \
            where nobody sits at a terminal, and with --json, one after another is written.

              nacelle status
              nacelle status --watch
              nacelle status --json | jq -r .health.verdict
            """)

    @OptionGroup var common: CommonOptions

    @Flag(name: .shortAndLong, help: "Show it anew every few seconds, until Ctrl-C.")
    var watch = false

    @Option(help: "With --watch: the seconds between two pages, from 1 to 3600.")
    var every = 2

    func validate() throws {
        guard (1...3600).contains(every) else {
            throw ValidationError("--every is \(every); 1 to 3600 seconds were expected.")
        }
    }

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            try show(console, configuration)
            while watch {
                let next = Deadline(after: .seconds(every))
                while !next.passed {
                    guard !Interruption.came else { return }
                    usleep(50_000)
                }
                try show(console, Configuration.load(path: common.config))
            }
        }
    }

    private func show(_ console: Console, _ configuration: Configuration) throws(Fault) {
        let report = try StatusReport.read(configuration, store: common.store)
        let service = try ServiceStatus.read(configuration, path: report.store)
        let machine = try? MachinePage.read(configuration, store: common.store)
        let health = machine.map { HealthLines($0) }
        let text = StatusPage(report, (health?.lines ?? []) + service.lines).text
        if watch { console.clearScreen() }
        console.say(text)
        console.event(
            report.json(with: [("health", health?.json ?? .null), ("service", service.json)]))
    }
}
