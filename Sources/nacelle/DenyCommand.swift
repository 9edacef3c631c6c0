internal import Agent
internal import ArgumentParser
internal import Console
internal import Faults
internal import Sealing
internal import Slots
internal import StrictJSON

/// `nacelle deny`.
struct DenyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deny",
        abstract: "Deny a version: it is not installed here any more by itself.",
        discussion: """
            VERSION is a version that is known here (from a slot, the denials or the history), its \
            release counter, or the beginning of its tree digest, four digits at least. A name \
            that fits several versions is refused with the list of them. Works with the service \
            alive or dead, offline, and while an install runs; an install of that very version is \
            stopped.

            What runs goes on, also where it is that version: to leave it, use “nacelle rollback”.

              nacelle deny 1.2.0 --reason "noisy at low speed"
              nacelle allow 1.2.0        takes it back
              nacelle status             lists what is denied
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "Version, release counter, or the beginning of a tree digest.")
    var version: String

    @Option(name: .long, help: "Why, for the list and the history.")
    var reason = ""

    func run() throws {
        try common.run { (console, configuration) throws(Fault) in
            let change = try VersionDenial(configuration).deny(
                store: common.store, named: version, reason: reason)
            let name = change.version.identity.version
            console.say(
                change.isNew
                    ? "Version \(name) is denied on this machine."
                    : "Version \(name) was denied already.")
            for slot in change.withdrawn {
                console.note("It waited in slot \(slot.rawValue) and is not swapped in any more.")
            }
            if let stopped = change.stopped { console.note("Its install is stopped: \(stopped).") }
            if let tree = change.runsIn {
                console.warn(
                    "it still runs, in \(tree.title). To leave it: nacelle rollback")
            }
            DenyCommand.tell(change, outcome: "denied", console)
        }
    }

    /// The result for a machine; the same for `deny` and `allow`.
    static func tell(_ change: DenialChange, outcome: String, _ console: Console) {
        let identity = change.version.identity
        console.event(
            "result",
            [
                ("ok", .bool(true)), ("outcome", .string(outcome)),
                ("changed", .bool(change.isNew)), ("version", .string(identity.version)),
                ("releaseCounter", .integer(identity.releaseCounter)),
                ("tree", .string(identity.tree.hex)), ("runs", .bool(change.runsIn != nil)),
                ("withdrawn", .array(change.withdrawn.map { .string($0.rawValue) })),
                ("stopped", change.stopped.map { .string($0) }),
            ])
    }
}
