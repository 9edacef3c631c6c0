public import Faults
internal import Glibc
internal import Processes

/// Something on the machine that can hold a version back for a while.
///
/// Asking never throws and never hangs: what cannot be learned holds back, and says so.
public enum Inhibitor: Sendable, Equatable {
    /// How long a command may take unless something else is said, in milliseconds.
    public static let usualTimeout: Int64 = 10_000
    /// The longest reason, in characters.
    static let longestReason = 200

    /// Inhibits while the file exists, whatever it is.
    case file(String)
    /// Inhibits unless the command exits 0 in time, in milliseconds; its first line says why.
    case command([String], timeout: Int64)
    /// Inhibits while somebody holds a `block` lock for `shutdown` at logind.
    case systemd

    /// Asks.
    ///
    /// - Parameter checkpoint: called about every 50 ms while a command runs; when it throws, the
    ///   command is killed, and the answer is that it inhibits.
    /// - Returns: the answer.
    public func ask(checkpoint: () throws(Fault) -> Void = {}) -> InhibitorAnswer {
        switch self {
        case .file(let path): Inhibitor.file(path)
        case .command(let words, let timeout):
            Inhibitor.command(words, timeout: timeout, checkpoint)
        case .systemd: LoginInhibitors.ask(checkpoint: checkpoint)
        }
    }

    /// Asks several, in their order.
    ///
    /// - Parameters:
    ///   - inhibitors: whom to ask.
    ///   - checkpoint: called about every 50 ms while a command runs.
    /// - Returns: the answers, in the same order.
    public static func ask(
        _ inhibitors: [Inhibitor], checkpoint: () throws(Fault) -> Void = {}
    ) -> [InhibitorAnswer] {
        var answers: [InhibitorAnswer] = []
        for inhibitor in inhibitors { answers.append(inhibitor.ask(checkpoint: checkpoint)) }
        return answers
    }

    private static func file(_ path: String) -> InhibitorAnswer {
        var status = stat()
        // A link counts wherever it leads.
        if unsafe lstat(path, &status) == 0 { return .inhibits("\(line(path)) exists") }
        let error = errno
        if error == ENOENT || error == ENOTDIR { return .allows(note: nil) }
        let cause = unsafe String(cString: strerror(error))
        return .inhibits("whether \(line(path)) exists cannot be learned: \(cause)")
    }

    private static func command(
        _ words: [String], timeout: Int64, _ checkpoint: () throws(Fault) -> Void
    ) -> InhibitorAnswer {
        guard let program = words.first else { return .inhibits("its command is empty") }
        let name = line(program)
        do throws(Fault) {
            let command = Command(
                executable: try ExecutableSearch.find(program),
                arguments: Array(words.dropFirst()),
                environment: ["PATH": ExecutableSearch.standardPath])
            let result = try command.run(
                until: Deadline(after: .milliseconds(timeout)), checkpoint: checkpoint)
            if result.success { return .allows(note: nil) }
            if result.timedOut {
                return .inhibits("\(name) did not end within \(timeout) ms, and was killed")
            }
            let said = line(result.output)
            return .inhibits("\(name): \(said.isEmpty ? "\(result.status)" : said)")
        } catch {
            return .inhibits("\(name) could not be asked: \(line(error.message))")
        }
    }

    /// The first line of a text that is not empty, short and without control characters.
    static func line(_ text: String) -> String {
        let first = text.split(whereSeparator: \.isNewline).first { line in
            line.contains { !$0.isWhitespace && $0 != "\u{FFFD}" }
        }
        var out = String.UnicodeScalarView()
        for scalar in (first ?? "").unicodeScalars.prefix(longestReason) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: out.append("?")
            default: out.append(scalar)
            }
        }
        return String(out)
    }
}
