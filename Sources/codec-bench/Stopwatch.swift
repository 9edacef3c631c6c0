internal import Faults
internal import Glibc

/// Measures processor time.
enum Stopwatch {
    /// Seconds of processor time that the process has had.
    static var now: Double {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// The median of five turns, in bytes a second.
    ///
    /// - Parameters:
    ///   - bytes: what one call of the body works through.
    ///   - seconds: for how long each turn calls it again.
    ///   - body: the work.
    /// - Returns: bytes for each second of processor time.
    /// - Throws: what the body throws.
    static func rate(
        bytes: Int, seconds: Double, _ body: () throws(Fault) -> Void
    ) throws(Fault) -> Double {
        var rates: [Double] = []
        for _ in 0..<5 {
            let start = now
            var calls = 0
            repeat {
                try body()
                calls += 1
            } while now - start < seconds
            rates.append(Double(bytes * calls) / (now - start))
        }
        return rates.sorted()[2]
    }
}
