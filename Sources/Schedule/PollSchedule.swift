internal import Transport

/// When to ask for versions next.
///
/// The waits differ by chance, so that machines that were started together do not ask together.
public struct PollSchedule: Sendable {
    /// The shortest and the longest interval, in seconds.
    public static let bounds: ClosedRange<Int64> = 30...86_400
    /// The share of the interval by which a wait may be shorter or longer.
    static let spread = 0.1
    /// The longest wait before the first question.
    static let longestFirst = Duration.seconds(600)

    /// The interval, in seconds, within ``bounds``.
    public private(set) var interval: Int64
    private var chance: Chance

    /// Makes a schedule.
    ///
    /// - Parameters:
    ///   - interval: seconds between two questions; held within ``bounds``.
    ///   - seed: what makes chance the same again, for tests; `nil` for the system's.
    public init(interval: Int64, seed: UInt64? = nil) {
        self.interval = PollSchedule.bounded(interval)
        chance = Chance(seed: seed)
    }

    /// Asks at another interval from now on, such as the one that a server wishes.
    ///
    /// - Parameter interval: seconds between two questions; held within ``bounds``.
    public mutating func setInterval(_ interval: Int64) {
        self.interval = PollSchedule.bounded(interval)
    }

    /// The wait before the first question: anything up to the interval, at most ten minutes.
    public mutating func first() -> Duration {
        min(.seconds(interval), PollSchedule.longestFirst) * chance.next()
    }

    /// The wait after a question that was answered: the interval, a tenth more or less.
    public mutating func next() -> Duration {
        .seconds(interval) * (1 + PollSchedule.spread * (2 * chance.next() - 1))
    }

    /// The wait after a question that was not answered: soon at first, later and later then, up to the
    /// longer of the interval and an hour.
    ///
    /// - Parameters:
    ///   - failures: how many there were in a row, this one included.
    ///   - wish: how long the server asked to be left alone.
    /// - Returns: the wait.
    public mutating func next(afterFailures failures: Int, wish: Duration? = nil) -> Duration {
        var policy = RetryPolicy.poll
        policy.backOff.maximum = max(policy.backOff.maximum, .seconds(interval))
        switch policy.next(after: failures, &chance, wish: wish) {
        case .retry(let after): return after
        case .giveUp: return policy.backOff.maximum
        }
    }

    private static func bounded(_ interval: Int64) -> Int64 {
        min(max(interval, bounds.lowerBound), bounds.upperBound)
    }
}
