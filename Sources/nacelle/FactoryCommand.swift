internal import Agent
internal import ArgumentParser
internal import Console
internal import Faults
internal import Sealing
internal import Slots
internal import StrictJSON

/// `nacelle factory`.
struct FactoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "factory",
        abstract: "Keep a version for the day on which neither slot holds a good one.",
        discussion: """
            The factory tree stands beside the two slots. No install fills it, and it runs only \
            where nothing better is left: “nacelle boot” starts it where both slots are bad, and \
            “nacelle rollback” goes to it where no slot holds a whole version. From it either slot \
            may be filled again. It takes as much space on the disk as the version itself.

              nacelle factory keep      the version that runs, which must be good
              nacelle status            shows it
              nacelle verify            reads it from the disk and checks it too
              nacelle factory remove    gives its space back
            """,
        subcommands: [Keep.self, Remove.self])

    /// `nacelle factory keep`.
    struct Keep: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "keep",
            abstract: "Copy the version that runs, and keep it as the factory tree.",
            discussion: """
                The version that runs must be good. It is copied, the copy is read back from the \
                disk, and its tree digest must be the one that was signed; only then it takes the \
                place of an earlier factory tree. Needs the space of the whole version beside what \
                is there; no install can run meanwhile. The application is not touched.
                """)

        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.run { (console, configuration) throws(Fault) in
                let kept = try FactoryKeeping(
                    configuration, reporter: ConsoleReporter(console)
                ).keep(store: common.store)
                console.say("Version \(kept.version) is kept as the factory tree.")
                console.event(
                    "result",
                    [
                        ("ok", .bool(true)), ("outcome", .string("kept")),
                        ("version", .string(kept.version)), ("tree", .string(kept.tree.hex)),
                    ])
            }
        }
    }

    /// `nacelle factory remove`.
    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove",
            abstract: "Remove the factory tree and give its space back.",
            discussion: """
                Refused while it runs, while a version in trial would fall back to it, and while a \
                program still uses it.
                """)

        @OptionGroup var common: CommonOptions

        func run() throws {
            try common.run { (console, configuration) throws(Fault) in
                let removed = try FactoryKeeping(
                    configuration, reporter: ConsoleReporter(console)
                ).remove(store: common.store)
                let name = removed.map { "version \($0.version)" } ?? "an unknown version"
                console.say("The factory tree with \(name) is removed.")
                console.event(
                    "result",
                    [
                        ("ok", .bool(true)), ("outcome", .string("removed")),
                        ("version", removed.map { .string($0.version) }),
                    ])
            }
        }
    }
}
