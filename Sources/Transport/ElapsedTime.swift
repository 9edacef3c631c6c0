internal import Glibc

/// Time since the machine booted, suspended time included.
func timeSinceBoot() -> Duration {
    var time = timespec()
    unsafe clock_gettime(CLOCK_BOOTTIME, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}

extension Duration {
    /// The duration in milliseconds, rounded down; a negative or endless one is held within bounds.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, more) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return overflow || more ? (seconds < 0 ? 0 : .max) : sum
    }

    /// The duration in seconds.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }

    /// The duration for a message: seconds, with one decimal below ten.
    var shown: String {
        let milliseconds = wholeMilliseconds
        guard milliseconds < 10_000 else { return "\(milliseconds / 1000) s" }
        return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
    }
}
