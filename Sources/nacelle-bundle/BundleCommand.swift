internal import Archive
internal import ArgumentParser
internal import Console
internal import Faults

/// What all commands share: how they speak, and how a fault becomes an exit status.
protocol BundleCommand: ParsableCommand {
    var speech: SpeechOptions { get }
    func perform(_ console: Console) throws(Fault)
}

extension BundleCommand {
    func run() throws {
        Console.holdStreams()
        Console.outliveReaders()
        let console = speech.console
        do throws(Fault) {
            // Before any thread starts: names of files need it.
            try ArchiveLocale.require()
            try perform(console)
        } catch {
            throw ExitCode(console.fail(error))
        }
    }
}

/// The options that say how a command speaks.
struct SpeechOptions: ParsableArguments {
    @Flag(help: "Print one JSON object a line, for scripts.")
    var json = false

    @Flag(name: [.short, .long], help: "Print results and errors alone, no progress or notes.")
    var quiet = false

    func validate() throws {
        if json, quiet { throw ValidationError("--json and --quiet exclude each other.") }
    }

    var console: Console {
        Console(command: "nacelle-bundle", style: json ? .json : quiet ? .quiet : .text)
    }
}
