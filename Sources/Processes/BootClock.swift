// Processes: starts, isolates, measures and ends child processes. The only importer of CProcess.

internal import CProcess

/// Time since the machine booted, suspended time included (`CLOCK_BOOTTIME`).
///
/// It never jumps with the wall clock, which an unattended machine may set at any moment.
public enum BootClock {
    /// The time since boot.
    public static var now: Duration { .nanoseconds(cprocess_boot_time()) }
}

/// A moment by ``BootClock`` at which patience ends.
public struct Deadline: Sendable, Comparable {
    /// The moment, as time since boot.
    public let moment: Duration

    /// A deadline some time from now.
    public init(after duration: Duration) {
        moment = BootClock.now + duration
    }

    /// What is left, never below zero.
    public var remaining: Duration { max(moment - BootClock.now, .zero) }

    /// Whether it has passed.
    public var passed: Bool { BootClock.now >= moment }

    /// What is left as a time-out for `poll`: milliseconds, rounded up, at most one minute.
    var pollTimeout: Int32 {
        let left = min(remaining, .seconds(60))
        let (seconds, attoseconds) = left.components
        return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    /// Whether one moment comes before another.
    public static func < (left: Deadline, right: Deadline) -> Bool { left.moment < right.moment }
}

extension Duration {
    /// The duration in whole milliseconds, rounded down.
    public var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
