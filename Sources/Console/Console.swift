// Console: what people and scripts see of a command: results, progress, faults. Decides nothing.

public import Faults
internal import Glibc
public import StrictJSON
internal import Locks

/// The one voice of a command: text for people, or one JSON object a line for scripts.
///
/// Results go to standard output; notes, progress and faults of the text form to standard error;
/// where the journal reads them, each line begins with its priority. In
/// the JSON form everything goes to standard output, and a line's `event` says what it is. Text from
/// outside (names in a bundle, say) is shown without control characters.
public final class Console: Sendable {
    /// What is written.
    public enum Style: Sendable {
        /// Text for people, with notes and progress.
        case text
        /// Text for people, results and faults alone.
        case quiet
        /// One JSON object a line.
        case json
    }

    /// What is written.
    public let style: Style
    private let command: String
    private let output: any ConsoleStream
    private let errors: any ConsoleStream
    private let now: @Sendable () -> Int64
    private let meter: Guarded<ProgressMeter>

    /// Makes a console.
    ///
    /// - Parameters:
    ///   - command: the program's name, which begins a fault's line.
    ///   - style: what is written.
    ///   - output: where results go.
    ///   - errors: where notes, progress and faults go.
    ///   - now: a clock that never goes back, in milliseconds.
    public init(
        command: String, style: Style, output: any ConsoleStream = StandardStream.output,
        errors: any ConsoleStream = StandardStream.error,
        now: @escaping @Sendable () -> Int64 = Console.steadyClock
    ) {
        self.command = command
        self.style = style
        self.output = output
        self.errors = errors
        self.now = now
        meter = Guarded(ProgressMeter())
    }

    /// Lets this process go on where nobody reads its output any more (`SIGPIPE`).
    ///
    /// A closed terminal or a script that has read enough must not end work half-way.
    ///
    /// Nor must a limit on the size of files (`SIGXFSZ`), which is an error of a write then; and a
    /// child's end is told, also where whoever began this process has not wanted to know of any.
    public static func outliveReaders() {
        _ = signal(SIGPIPE, SIG_IGN)
        _ = signal(SIGXFSZ, SIG_IGN)
        _ = signal(SIGCHLD, SIG_DFL)
    }

    /// Puts `/dev/null` in the place of a standard stream that the caller has closed.
    ///
    /// Otherwise the next file that is opened gets its number, and what is meant for the terminal
    /// would be written into it. To be called before anything is opened.
    public static func holdStreams() {
        for number: Int32 in [0, 1, 2] where fcntl(number, F_GETFD) == -1 {
            // The lowest free number, which is this one.
            _ = unsafe open("/dev/null", O_RDWR)
        }
    }

    /// Milliseconds since some instant; not set back by anybody.
    public static func steadyClock() -> Int64 {
        Int64((ContinuousClock.now - start) / .milliseconds(1))
    }

    private static let start = ContinuousClock.now

    /// Writes a line of the result; in the JSON form ``event(_:)`` says it instead.
    public func say(_ text: String) {
        guard style != .json else { return }
        clearProgress()
        put(Printable.text(text), .info, output)
    }

    /// Writes a line beside the result, for people who watch.
    public func note(_ text: String) {
        guard style == .text else { return }
        clearProgress()
        put(Printable.text(text), .info, errors)
    }

    /// Writes a warning, which is not part of the result but must be seen.
    public func warn(_ text: String) {
        if style == .json {
            event("warning", [("message", .string(text))])
        } else {
            clearProgress()
            put("\(command): warning: \(Printable.text(text))", .warning, errors)
        }
    }

    /// Writes a text that has no control characters; for the journal, each line with its priority.
    private func put(
        _ text: String, _ priority: JournalLines.Priority, _ stream: any ConsoleStream
    ) {
        stream.write(
            stream.isJournal
                ? JournalLines.bytes(text, priority) : Array((text + "\n").utf8))
    }

    /// Writes a JSON object on a line of its own; nothing in the text forms.
    public func event(_ value: JSONValue) {
        guard style == .json else { return }
        output.write(value.compact + [0x0A])
    }

    /// Writes an event with its name first.
    public func event(_ name: String, _ members: [(String, JSONValue?)]) {
        event(.members([("event", .string(name))] + members))
    }

    /// Writes bytes of the result as they are, such as a document for a file.
    public func emit(_ bytes: [UInt8]) {
        clearProgress()
        output.write(bytes)
    }

    /// Wipes the screen of a terminal for a page that is written anew; nothing elsewhere.
    public func clearScreen() {
        guard style != .json, output.isTerminal else { return }
        output.write(Array("\u{1B}[H\u{1B}[J".utf8))
    }

    /// Says how far a phase has come.
    ///
    /// On a terminal a bar is drawn, at most ten times a second; elsewhere a line is written when a
    /// phase begins and at each tenth of it.
    ///
    /// - Parameters:
    ///   - phase: what is being done: `Packing`.
    ///   - done: how many bytes are done.
    ///   - total: of how many; 0 where nobody knows.
    public func progress(_ phase: String, done: Int64, total: Int64) {
        guard style != .quiet else { return }
        let isBar = style == .text && errors.isTerminal
        let time = now()
        meter.withLock { meter in
            guard
                let step = isBar
                    ? meter.redraw(phase, done: done, total: total, at: time)
                    : meter.advance(phase, done: done, total: total)
            else { return }
            if style == .json {
                event(
                    "progress",
                    [
                        ("phase", .string(phase)), ("done", .integer(done)),
                        ("total", .integer(total)),
                    ])
            } else if isBar {
                errors.write(Array(step.bar(columns: errors.columns).utf8))
            } else {
                put(step.line, .debug, errors)
            }
        }
    }

    /// Takes the progress bar off the terminal.
    public func clearProgress() {
        guard style == .text, errors.isTerminal else { return }
        meter.withLock { meter in
            if meter.takeBar() { errors.write(Array("\r\u{1B}[K".utf8)) }
        }
    }

    /// Reports a fault.
    ///
    /// - Parameter fault: what went wrong.
    /// - Returns: the command's exit status.
    public func fail(_ fault: Fault) -> Int32 {
        guard style != .json else {
            event(
                "error",
                [
                    ("code", .string(fault.code.rawValue)),
                    ("exit", .integer(fault.code.exitStatus)),
                    ("message", .string(fault.message)),
                    ("cause", fault.cause.map(JSONValue.string)),
                    ("advice", fault.advice.isEmpty ? nil : .string(fault.advice)),
                ])
            return fault.code.exitStatus
        }
        clearProgress()
        var text = "\(command): \(Printable.text(fault.message))"
        if let cause = fault.cause { text += " (\(Printable.text(cause)))" }
        if !fault.advice.isEmpty { text += "\n  \(Printable.text(fault.advice))" }
        put(text, .error, errors)
        return fault.code.exitStatus
    }
}
