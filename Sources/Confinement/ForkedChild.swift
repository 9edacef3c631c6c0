internal import CConfine
internal import DurableFiles
public import Faults
internal import Glibc

/// A child that goes on in this same program, with all that was read and opened, and a channel to it.
///
/// It dies with its parent, at once. The other way round, its owner ends it when the owner goes.
public final class ForkedChild {
    /// How a child ended.
    public enum End: Sendable, Equatable {
        /// By itself, with a status.
        case exited(Int32)
        /// By a signal.
        case signalled(Int32)
    }

    /// The connection to the child.
    public var channel: Channel? { ends }

    private let pid: pid_t
    private var ends: Channel?
    private var end: End?

    /// How long a child that was told to end may take, in steps of 20 ms.
    private static let patience = 3000

    /// Forks; the child runs `body` and ends.
    ///
    /// - Parameter body: what the child does; it gets its end of the channel. Whatever must be told,
    ///   it tells there: nothing runs after it.
    /// - Returns: the child; in the parent alone.
    /// - Throws: a `Fault` of code `internal` where this process has several threads, of which none
    ///   would go on in the child.
    public static func start(
        _ body: (Channel, _ parent: Int32) -> Void
    ) throws(Fault) -> ForkedChild {
        guard cconfine_threads() == 1 else {
            throw Fault(.internalError, "A process with several threads was to be forked.")
        }
        let parent = getpid()
        var raw: Int32 = -1
        let pid = unsafe cconfine_fork(&raw)
        guard pid >= 0 else { throw systemFault("cannot start a process") }
        guard pid == 0 else { return ForkedChild(pid: pid, owning: raw) }
        body(Channel(owning: raw), parent)
        // What the parent has to tidy up at its end is the parent's.
        _exit(0)
    }

    /// Has the kernel end this process when its parent ends; to be called again after each change of
    /// the identity, which takes it back.
    ///
    /// - Parameter parent: the parent's process id.
    /// - Throws: a `Fault` of code `cancelled` where the parent is gone already.
    public static func dieWith(_ parent: Int32) throws(Fault) {
        guard cconfine_die_with(parent) == 0 else {
            throw Fault(.cancelled, "The command that started this process has ended.")
        }
    }

    private init(pid: pid_t, owning raw: Int32) {
        self.pid = pid
        ends = Channel(owning: raw)
    }

    deinit { _ = finish() }

    /// Sends it a signal.
    public func signal(_ number: Int32) {
        if end == nil { _ = kill(pid, number) }
    }

    /// Closes the channel, which tells the child to end, and waits for that; a child that does not is
    /// killed after a minute.
    ///
    /// - Returns: how it ended.
    @discardableResult
    public func finish() -> End {
        ends = nil
        if let end { return end }
        var status: Int32 = 0
        for step in 0... {
            let found = unsafe waitpid(pid, &status, WNOHANG)
            if found == pid { break }
            // Reaped by somebody else: nothing more is to be learned.
            if found < 0, errno != EINTR { return .exited(0) }
            if step == ForkedChild.patience { _ = kill(pid, SIGKILL) }
            usleep(step < 50 ? 1000 : 20_000)
        }
        let result = status & 0x7F == 0 ? End.exited(status >> 8 & 0xFF) : .signalled(status & 0x7F)
        end = result
        return result
    }
}
