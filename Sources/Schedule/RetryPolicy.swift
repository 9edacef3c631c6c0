public import Transport

/// How often something that failed is tried again by itself, and how long is waited between.
public struct RetryPolicy: Sendable {
    /// What comes after a failure.
    public enum Next: Sendable, Equatable {
        /// Try again after so long.
        case retry(after: Duration)
        /// Leave it, until there is something new.
        case giveUp
    }

    /// Installing one version: from 1 minute, doubling to 6 hours; left after eight failures, until
    /// it is offered anew.
    public static let install = RetryPolicy(
        BackOff(
            attempts: 8, first: .seconds(60), maximum: .seconds(6 * 3600), jitter: 0.25))

    /// Asking for versions: from 1 minute, doubling to an hour; for ever.
    public static let poll = RetryPolicy(
        BackOff(
            attempts: .max, first: .seconds(60), maximum: .seconds(3600), jitter: 0.25))

    /// The waits, and how many failures in a row there may be.
    public var backOff: BackOff

    /// Makes a policy.
    public init(_ backOff: BackOff) { self.backOff = backOff }

    /// What comes after a failure.
    ///
    /// - Parameters:
    ///   - failures: how many there were in a row, this one included.
    ///   - chance: spreads the waits of many machines.
    ///   - wish: how long a server asked to be left alone; it is honoured up to the longest wait.
    /// - Returns: whether and when to try again.
    public func next(
        after failures: Int, _ chance: inout Chance, wish: Duration? = nil
    ) -> Next {
        guard failures < backOff.attempts else { return .giveUp }
        return .retry(
            after: backOff.wait(after: max(failures, 1), chance: chance.next(), wish: wish))
    }
}
