internal import Agent
internal import ArgumentParser
internal import Console
internal import Faults
internal import Slots
internal import StrictJSON

/// `nacelle boot`.
struct BootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "boot",
        abstract: "Get the store ready before the application starts, at each boot.",
        discussion: """
            For the unit that runs before the application (nacelle-boot.service). It finishes what \
            a power cut interrupted, counts the boot of a version that is in trial, goes back to \
            the version before once “boot.attempts” boots (default \
            \(Configuration.defaultBootAttempts)) ended before the application was healthy, and \
            finds a whole version where “current” names none. It takes milliseconds, needs no \
            network, waits for nobody longer than three seconds, and restarts nothing: the \
            application has not started yet.

            Whatever is wrong, it ends so that the application can start: a disk that is full, \
            read-only or damaged leaves what “current” names, and that is said on the console and \
            in the journal.

            By hand it counts a boot of a version in trial too; to look without changing anything \
            use “nacelle status”.

            Exit status: 0 where an application can start, or nothing was ever installed; 45 \
            (store-damaged) where there is nothing that could start.
            """)

    @OptionGroup var common: CommonOptions

    @Option(name: .long, help: "Where what somebody must know is shown beside the journal.")
    var console = "/dev/console"

    func run() throws {
        // Not CommonOptions.run: what it prepares for others must not keep a machine from booting.
        Console.holdStreams()
        Console.outliveReaders()
        let voice = BootVoice(console: console, isQuiet: common.quiet)
        let output = common.console
        let boot = Boot(Configuration.load(path: common.config))
        let report = boot.run(store: common.store)
        for note in report.notes {
            voice.say(note, .notice)
            output.event("note", [("message", .string(note))])
        }
        for alarm in report.alarms {
            voice.say(alarm, report.outcome == .nothingToStart ? .critical : .error)
            output.event("alarm", [("message", .string(alarm))])
        }
        let isFine = report.canStart || report.outcome == .nothingInstalled
        output.say(BootCommand.summary(report))
        output.event(
            "result",
            [
                ("ok", .bool(isFine)), ("outcome", .string(report.outcome.rawValue)),
                ("slot", report.tree.map { .string($0.rawValue) }),
                ("version", report.running.map { .string($0.version) }),
                ("attempt", report.attempts.map { .integer($0) }),
                ("attempts", .integer(boot.limit)),
            ])
        if !isFine { throw ExitCode(FaultCode.storeDamaged.exitStatus) }
    }

    private static func summary(_ report: BootReport) -> String {
        guard report.canStart else {
            return report.outcome == .nothingInstalled
                ? "Nothing is installed." : "Nothing can start."
        }
        guard let tree = report.tree else { return "What the link “current” leads to starts." }
        let version = report.running.map { "Version \($0.version)" } ?? "An unknown version"
        return "\(version) in \(tree.title) starts (\(report.outcome.rawValue))."
    }
}
