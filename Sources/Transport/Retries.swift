internal import Faults

/// How often something failed in a row, and until when nothing is tried.
struct Retries {
    private let backOff: BackOff
    private var chance: Chance
    private var failures = 0
    /// When, by time since boot, the next attempt may be made.
    private(set) var notBefore = Duration.zero

    /// So many new bytes are progress, after which failures are counted anew.
    private static let progress: Int64 = 4096
    private var gained: Int64 = 0

    init(_ backOff: BackOff) {
        self.backOff = backOff
        chance = Chance(seed: backOff.seed)
    }

    /// Notes bytes that came, and need not come again.
    mutating func gain(_ bytes: Int64) {
        gained += bytes
        if gained >= Retries.progress { reset() }
    }

    /// Forgets the failures.
    mutating func reset() {
        failures = 0
        gained = 0
    }

    /// Notes a failure and sets the wait; one during a wait belongs to the failure before.
    ///
    /// - Parameters:
    ///   - fault: what happened.
    ///   - wish: how long the server wants to be left alone.
    /// - Throws: the fault, of code `network`, where it was the last attempt.
    mutating func fail(_ fault: Fault, wish: Duration?) throws(Fault) {
        guard timeSinceBoot() >= notBefore else { return }
        gained = 0
        failures += 1
        guard failures < backOff.attempts else {
            throw Fault(
                .network, "\(fault.message) That was attempt \(failures) without progress.",
                advice: fault.advice, cause: fault.cause)
        }
        let wait = backOff.wait(after: failures, chance: chance.next(), wish: wish)
        notBefore = timeSinceBoot() + wait
    }
}
