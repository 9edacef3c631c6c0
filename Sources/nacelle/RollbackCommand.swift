internal import Agent
internal import ArgumentParser
internal import Faults
internal import Console
internal import Slots
internal import StrictJSON

/// `nacelle rollback`.
struct RollbackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Go back to the version before, at once.",
        discussion: """
            One rename, then a restart of the application. It needs neither network nor service, \
            does not wait for a running install (which it stops), and works on a full disk. The \
            version that is left is denied on this machine from then on; its slot stays whole, and \
            --allow-denied goes back to it. Where no slot holds a whole version, the factory tree \
            takes over, if one was kept.
            """)

    @OptionGroup var common: CommonOptions

    @Flag(name: .long, help: "Go back to a version although it failed or was left before.")
    var allowDenied = false

    @Option(name: .long, help: "Why, for the record and the history.")
    var reason = ""

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            let result = try Rollback(configuration, reporter: ConsoleReporter(console)).run(
                store: common.store, allowDenied: allowDenied, reason: reason)
            let left = result.left?.version ?? "an unknown version"
            let running = result.running?.version ?? "an unknown version"
            console.say("Rolled back from \(left) to \(running), \(result.to.title).")
            console.event(
                "result",
                [
                    ("ok", .bool(true)), ("outcome", .string("rolled-back")),
                    ("left", .string(left)), ("version", .string(running)),
                    ("slot", .string(result.to.rawValue)),
                ])
        }
    }
}
