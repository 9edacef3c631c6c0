public import Faults

/// What became of a command that was run to its end.
public struct CommandResult: Sendable {
    /// How it ended; where it ``timedOut``, how it was ended.
    public var status: ExitStatus
    /// Whether the deadline came first and it was killed.
    public var timedOut: Bool
    /// The last of what it printed, as text that is safe to show.
    public var output: String
    /// How long it ran.
    public var duration: Duration

    /// Whether it exited with status 0 in time.
    public var success: Bool { !timedOut && status.success }
}

extension Command {
    /// Starts the command and waits for its end; past the deadline it is killed.
    ///
    /// - Parameters:
    ///   - deadline: when patience ends.
    ///   - checkpoint: called about every 50 ms; when it throws, the command is killed.
    /// - Returns: how it ended.
    /// - Throws: a `Fault` where it cannot be started, or what `checkpoint` throws.
    public func run(
        until deadline: Deadline, checkpoint: () throws(Fault) -> Void = {}
    ) throws(Fault) -> CommandResult {
        let start = BootClock.now
        var child = try ChildProcess.start(self)
        while !deadline.passed {
            try checkpoint()
            let step = min(deadline, Deadline(after: .milliseconds(50)))
            if let status = try child.wait(until: step) {
                return CommandResult(
                    status: status, timedOut: false, output: child.outputTail,
                    duration: BootClock.now - start)
            }
        }
        let status = try child.end()
        return CommandResult(
            status: status, timedOut: true, output: child.outputTail,
            duration: BootClock.now - start)
    }
}
