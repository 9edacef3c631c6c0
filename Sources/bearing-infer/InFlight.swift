internal import Locks

/// Counts requests that are being answered, so that the end can wait for them.
final class InFlight: Sendable {
    private let count = Guarded(0)

    /// Counts while `body` runs.
    func during<Result>(_ body: () async -> Result) async -> Result {
        count.withLock { $0 += 1 }
        defer { count.withLock { $0 -= 1 } }
        return await body()
    }

    /// Returns when nothing is counted, or when the time is over.
    func drained(within limit: Duration) async {
        let end = ContinuousClock.now + limit
        while count.withLock({ $0 }) > 0, ContinuousClock.now < end {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }
}
