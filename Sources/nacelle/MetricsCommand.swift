internal import Agent
internal import ArgumentParser
internal import Console
internal import Faults
internal import Glibc
internal import Service
internal import Telemetry

/// `nacelle metrics`.
struct MetricsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Print what is known of this machine as a page that Prometheus reads.",
        discussion: """
            With --answer it answers one HTTP request on its standard streams: nacelle-metrics.socket \
            of systemd starts it so for each scrape, so that nothing runs, and nothing listens that \
            could hang, between two of them.

              nacelle metrics
              systemctl enable --now nacelle-metrics.socket
              curl http://127.0.0.1:9877/metrics
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Answer one HTTP request on the standard streams.")
    var answer = false

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            if answer {
                let request = ScrapeRequest.read(from: STDIN_FILENO)
                console.emit(request.answer { () throws(Fault) in try page(configuration) })
            } else {
                console.emit(try page(configuration))
            }
        }
    }

    private func page(_ configuration: Configuration) throws(Fault) -> [UInt8] {
        let page = try MachinePage.read(configuration, store: common.store) {
            ServiceStatus.metrics(configuration, store: common.store)
        }
        return MetricPage.text(page.families)
    }
}
