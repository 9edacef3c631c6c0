internal import Glibc

/// Waits for whichever of several descriptors can be read first.
public enum Readiness {
    /// Waits.
    ///
    /// - Parameters:
    ///   - descriptors: what is waited for; -1 is passed over.
    ///   - deadline: when patience ends.
    /// - Returns: for each descriptor whether it can be read, or has ended; all `false` where the
    ///   deadline or a signal came first.
    public static func wait(for descriptors: [Int32], until deadline: Deadline) -> [Bool] {
        var waiting = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let count = unsafe poll(&waiting, nfds_t(waiting.count), deadline.pollTimeout)
        return waiting.map { count > 0 && $0.revents != 0 }
    }
}
