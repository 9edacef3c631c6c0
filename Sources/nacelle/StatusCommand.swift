internal import Agent
internal import ArgumentParser
internal import Faults
internal import Console
internal import Service

/// `nacelle status`.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what runs, what stands in the other slot, and what can be gone back to.",
        discussion: "It reads link and records alone, waits for nobody and changes nothing.")

    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            let report = try StatusReport.read(configuration, store: common.store)
            let service = try ServiceStatus.read(configuration, path: report.store)
            console.say(StatusPage(report, service.lines).text)
            console.event(report.json(with: [("service", service.json)]))
        }
    }
}
