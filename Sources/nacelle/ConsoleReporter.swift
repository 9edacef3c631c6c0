internal import Agent
internal import Console
internal import StrictJSON

/// Tells a console what an operation does.
final class ConsoleReporter: Reporter {
    private let console: Console
    private var isInProbation = false

    init(_ console: Console) {
        self.console = console
    }

    func progress(_ phase: String, done: Int64, total: Int64) {
        guard phase == "probation" else {
            return console.progress(phase, done: done, total: total)
        }
        // Time, not bytes: said once for people, and each time for machines.
        console.event(
            "progress",
            [
                ("phase", .string(phase)), ("milliseconds", .integer(done)),
                ("total", .integer(total)),
            ])
        if !isInProbation {
            isInProbation = true
            console.note("Probation: the application must stay healthy for \(total) ms.")
        }
    }

    func settle() { console.clearProgress() }

    func say(_ text: String, event: String, facts: [(String, JSONValue?)]) {
        if ["warning", "failed-and-stays", "altered"].contains(event), console.style != .json {
            console.warn(text)
        } else {
            console.note(text)
        }
        console.event(event, [("message", .string(text))] + facts)
    }
}
