// nacelle: the device's commands. Each parses, validates, calls one operation of Agent, and prints.

internal import Agent
internal import Archive
internal import ArgumentParser
internal import Console
internal import Faults
internal import Processes

/// The program.
@main
struct Nacelle: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nacelle",
        abstract: "Updates the AI application of an unattended machine, or changes nothing.",
        discussion: """
            A bundle is verified, unpacked into the spare one of two slots, proved there by a \
            smoke inference on this machine, and swapped in by one rename; in its probation the \
            application is watched, and the old version comes back by itself.

              nacelle status                 what runs, and what can be gone back to
              nacelle check                  what the repository offers for this machine
              nacelle contact                one exchange with the rollout server
              nacelle install                the newest version from the repository
              nacelle install new.nacelle    install from a file or a USB stick, offline
              nacelle install --prepare      prove the newest version, and leave it ready
              nacelle activate               swap in what is ready, and watch it
              nacelle metrics                what is known of machine and model, for dashboards
              nacelle rollback               go back to the version before, at once
              nacelle deny 1.2.0             never this one again; “allow” takes it back
              nacelle factory keep           what runs, for the day on which nothing else does
              nacelle identity               this machine's own certificate, and its renewal

            Exit status: 0 for success, 64 for wrong usage, and one of the codes that \
            “nacelle exit-codes” lists.
            """,
        version: NacelleVersion.current,
        subcommands: [
            StatusCommand.self, CheckCommand.self, UpdateCommand.self, InstallCommand.self,
            RollbackCommand.self, CancelCommand.self, ConfirmCommand.self, RefuseCommand.self,
            DenyCommand.self, AllowCommand.self, HistoryCommand.self, VerifyCommand.self,
            RunCommand.self, BootCommand.self, ContactCommand.self, GateCommand.self,
            ActivateCommand.self, ProveCommand.self, MeasureCommand.self, MetricsCommand.self,
            FactoryCommand.self, IdentityCommand.self, ConfigCommand.self,
            ExitCodesCommand.self,
        ])

    static func main() {
        // Swift reads the command line there; without it every command would be a call for help.
        guard !CommandLine.arguments.isEmpty else {
            let fault = Fault(
                .unsupported, "The command line cannot be read: /proc is not mounted.",
                advice: "Mount it: mount -t proc proc /proc")
            let console = Console(command: "nacelle", style: .text)
            exit(withError: ExitCode(console.fail(fault)))
        }
        main(nil)
    }
}

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @Option(name: .long, help: "The configuration file.")
    var config = Configuration.defaultPath

    @Option(
        name: .long,
        help:
            "The store, if not the one that the configuration names (default there: \(Configuration.defaultStore))."
    )
    var store: String?

    @Flag(name: .long, help: "Write one JSON object a line, for machines.")
    var json = false

    @Flag(name: .shortAndLong, help: "Write nothing but the result and errors.")
    var quiet = false

    /// The console in the style that was asked for.
    var console: Console {
        Console(command: "nacelle", style: json ? .json : quiet ? .quiet : .text)
    }

    /// Runs one operation and turns its fault into words and an exit status.
    func run(_ body: (Console, Configuration) throws(Fault) -> Void) throws {
        Console.holdStreams()
        // A reader that went away must not end an install half-way.
        Console.outliveReaders()
        Heap.keepsNoLargeBuffers()
        let console = console
        do throws(Fault) {
            try ArchiveLocale.require()
            Interruption.watch()
            try body(console, Configuration.load(path: config))
            console.clearProgress()
        } catch {
            throw ExitCode(console.fail(error))
        }
    }
}
