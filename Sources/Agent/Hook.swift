internal import Faults
internal import Processes

/// A command that the configuration has run before the swap, or after its outcome.
struct Hook {
    let words: [String]
    let timeout: Int64

    /// Runs it; what it started ends with it, and all of it is killed past its deadline.
    ///
    /// - Parameters:
    ///   - environment: what it is told, as `NACELLE_…`.
    ///   - checkpoint: when it throws, the hook is killed.
    /// - Returns: `nil` where it exited with 0 or is not configured, else what it said or did.
    /// - Throws: a `Fault` where it cannot be started, or what `checkpoint` throws.
    func run(
        _ environment: [String: String], checkpoint: () throws(Fault) -> Void
    ) throws(Fault) -> String? {
        guard let program = words.first else { return nil }
        guard let path = Activation.find(program) else {
            throw Fault(
                .configuration, "The hook “\(program)” is not an executable file.",
                advice: "Mend “activation” in the configuration.")
        }
        let command = Activation.command(
            path, Array(words.dropFirst()), environment: environment, tail: 4096)
        let result = try command.run(
            until: Deadline(after: .milliseconds(timeout)), checkpoint: checkpoint)
        if result.success { return nil }
        guard !result.timedOut else {
            return "the hook \(program) did not end within \(timeout) ms"
        }
        let said = result.firstWords
        return said.isEmpty
            ? "the hook \(program) \(result.status)"
            : "\(said) (the hook \(program) \(result.status))"
    }
}
