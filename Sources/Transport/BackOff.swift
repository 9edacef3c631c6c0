/// How often something that may pass is tried, and how long is waited between.
public struct BackOff: Sendable {
    /// How many attempts in a row may bring nothing.
    public var attempts: Int
    /// The wait after the first failure.
    public var first: Duration
    /// By how much each further wait is longer.
    public var factor: Double
    /// The longest wait; a server's `Retry-After` is honoured up to it.
    public var maximum: Duration
    /// The share of each wait that chance may take away, so that a fleet does not come at once.
    public var jitter: Double
    /// What makes chance the same again, for tests; `nil` for the system's.
    public var seed: UInt64?

    /// Makes a back-off.
    public init(
        attempts: Int = 8, first: Duration = .seconds(1), factor: Double = 2,
        maximum: Duration = .seconds(120), jitter: Double = 0.5, seed: UInt64? = nil
    ) {
        self.attempts = attempts
        self.first = first
        self.factor = factor
        self.maximum = maximum
        self.jitter = jitter
        self.seed = seed
    }

    /// The wait after a failure.
    ///
    /// - Parameters:
    ///   - failure: the how many-th in a row, from 1.
    ///   - chance: from 0 to 1.
    ///   - wish: what the server asked for, if anything.
    /// - Returns: the wait, at most ``maximum``.
    public func wait(after failure: Int, chance: Double, wish: Duration?) -> Duration {
        // Multiplied step by step, so that no power overflows.
        var wait = min(first, maximum)
        for _ in 1..<max(failure, 1) where wait < maximum { wait = min(wait * factor, maximum) }
        wait = wait * (1 - jitter * chance)
        return min(max(wait, wish ?? .zero), maximum)
    }
}
