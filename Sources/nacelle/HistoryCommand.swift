internal import Agent
internal import ArgumentParser
internal import Faults
internal import Console
internal import Slots
internal import StrictJSON

/// `nacelle history`.
struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "List what happened in the store, oldest first.")

    @OptionGroup var common: CommonOptions

    @Option(name: [.short, .long], help: "The last so many events alone.")
    var number: Int?

    func validate() throws {
        if let number, number < 1 { throw ValidationError("--number takes 1 or more.") }
    }

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            let store = try Store.open(path: try configuration.storePath(common.store))
            let events = try store.history()
            for event in number.map({ events.suffix($0) }) ?? events[...] {
                console.say(HistoryCommand.line(event))
                console.event(event)
            }
            if events.isEmpty { console.say("Nothing has happened in \(store.path) yet.") }
        }
    }

    private static func line(_ event: JSONValue) -> String {
        func text(_ key: String) -> String {
            switch event[key] {
            case .string(let text): text
            case .number(let text): text
            default: ""
            }
        }
        let detail = text("detail")
        return Timestamp.text(Int64(text("at")) ?? 0)
            + "  \(text("event"))  slot \(text("slot"))  \(text("version"))"
            + (detail.isEmpty ? "" : "  (\(detail))")
    }
}
