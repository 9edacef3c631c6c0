public import Faults
internal import DurableFiles
internal import Glibc
internal import Synchronization

/// Signals as bytes of a pipe, so that a loop waits for them together with everything else.
///
/// One a process; the handlers stay until it ends.
public enum SignalPipe {
    private static let writer = Atomic<Int32>(-1)
    private static let reader = Atomic<Int32>(-1)

    /// Has signals written into the pipe from now on instead of what they would do.
    ///
    /// - Parameter numbers: the signals.
    /// - Returns: the pipe's reading end, to be waited for; it stays open.
    /// - Throws: a `Fault` where there is no descriptor left.
    public static func watch(_ numbers: [Int32]) throws(Fault) -> Int32 {
        if reader.load(ordering: .relaxed) < 0 {
            var ends: [Int32] = [-1, -1]
            guard unsafe pipe(&ends) == 0 else { throw systemFault("cannot make a pipe") }
            for end in ends {
                _ = fcntl(end, F_SETFD, FD_CLOEXEC)
                _ = fcntl(end, F_SETFL, O_NONBLOCK)
            }
            reader.store(ends[0], ordering: .relaxed)
            writer.store(ends[1], ordering: .relaxed)
        }
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in numbers {
            var action = sigaction()
            unsafe action.__sigaction_handler.sa_handler = { number in
                let saved = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = unsafe write(SignalPipe.writer.load(ordering: .relaxed), &byte, 1)
                errno = saved
            }
            _ = unsafe sigaction(number, &action, nil)
            unsafe sigaddset(&set, number)
        }
        unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
        return reader.load(ordering: .relaxed)
    }

    /// The signals that came since the last call; waits for none.
    public static func take() -> [Int32] {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe read(reader.load(ordering: .relaxed), $0.baseAddress, $0.count)
        }
        return count > 0 ? bytes[..<count].map(Int32.init) : []
    }
}
