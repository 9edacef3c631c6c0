internal import Faults
internal import Processes

/// The last lines of the application's log, for evidence.
struct LogTail {
    /// How long reading it may take, in milliseconds.
    static let patience: Int64 = 5000
    /// The most bytes that are kept of it, from the end.
    static let bytes = 16 << 10
    /// The most lines.
    static let lines = 100

    private let command: [String]

    /// Takes the configured command, or the journal of the unit that is restarted.
    init(_ settings: ActivationSettings) {
        guard settings.log.isEmpty, let unit = settings.unit else {
            command = settings.log
            return
        }
        command = ["journalctl", "-u", unit, "-n", "50", "-o", "cat", "--no-pager"]
    }

    /// Reads it; whatever goes wrong is told as a line.
    ///
    /// - Returns: the lines, bounded and safe to show; none where there is no log.
    func read() -> [String] {
        guard let program = command.first else { return [] }
        guard let path = Activation.find(program) else { return ["(there is no \(program))"] }
        do throws(Fault) {
            let result = try Activation.command(
                path, Array(command.dropFirst()), environment: [:], tail: LogTail.bytes
            ).run(until: Deadline(after: .milliseconds(LogTail.patience)))
            var lines = result.output.split(separator: "\n").suffix(LogTail.lines).map {
                String($0)
            }
            if result.timedOut {
                lines.append("(\(program) did not end within \(LogTail.patience) ms)")
            } else if !result.success {
                lines.append("(\(program) \(result.status))")
            }
            return lines
        } catch {
            return ["(the log cannot be read: \(error.message))"]
        }
    }
}
