/// Holds a client within its bytes a second, over all its transfers.
///
/// libcurl's own bound counts each transfer by itself from its beginning, so that short ones never
/// meet it.
final class Pace {
    private let limit: Double?
    /// How many bytes may come now; below zero where a piece was larger.
    private var allowance: Double
    private var last: Duration

    /// What may come at once after a pause, in bytes.
    private let burst: Double

    init(_ bytesPerSecond: Int64?, at now: Duration = timeSinceBoot()) {
        limit = bytesPerSecond.map(Double.init)
        burst = max((limit ?? 0) / 8, 16384)
        allowance = burst
        last = now
    }

    /// Whether bytes may come now.
    func isOpen(at now: Duration = timeSinceBoot()) -> Bool {
        guard let limit else { return true }
        allowance = min(allowance + limit * (now - last).inSeconds, burst)
        last = now
        return allowance > 0
    }

    /// Notes bytes that came.
    func take(_ count: Int) { if limit != nil { allowance -= Double(count) } }

    /// How long until bytes may come again.
    func wait(at now: Duration = timeSinceBoot()) -> Duration {
        guard let limit, !isOpen(at: now) else { return .zero }
        return .seconds(-allowance / limit)
    }
}
