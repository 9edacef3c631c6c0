internal import Schedule
internal import Transport
internal import UpdateMachine

/// How long each wait of the machine is, with chance in it so that a fleet does not act at once.
struct WaitTimes {
    private static let day = Duration.seconds(86_400)

    private var schedule: PollSchedule
    private var chance: Chance
    /// When windows and inhibitors are to be looked at again; told by the gate.
    var recheck = Duration.seconds(60)

    /// Makes them.
    ///
    /// - Parameters:
    ///   - interval: seconds between two looks.
    ///   - seed: for tests; `nil` for real chance.
    init(interval: Int64, seed: UInt64? = nil) {
        schedule = PollSchedule(interval: interval, seed: seed)
        chance = Chance(seed: seed.map { $0 &+ 1 })
    }

    /// Takes over how often it is to be looked: the configuration's word, or the server's.
    mutating func setInterval(_ interval: Int64) { schedule.setInterval(interval) }

    /// The first look after a start, anywhere within ten minutes.
    mutating func first() -> Duration { schedule.first() }

    /// How long to wait.
    mutating func time(of wait: Wait) -> Duration {
        switch wait {
        case .poll: return schedule.next()
        case .pollAgain(let failures): return schedule.next(afterFailures: failures)
        case .soon: return .seconds(2) + .seconds(8) * chance.next()
        case .recheck: return recheck
        case .retry(let attempts): return backOff(attempts)
        case .retrySeldom(let attempts):
            return max(backOff(attempts), .seconds(3600) * (1 + 0.1 * chance.next()))
        case .rest(let rounds):
            let days = 1 << min(max(rounds, 1) - 1, 4)
            return WaitTimes.day * (Double(min(days, 14)) + 0.05 * chance.next())
        }
    }

    private mutating func backOff(_ attempts: Int) -> Duration {
        var policy = RetryPolicy.install
        policy.backOff.attempts = .max
        switch policy.next(after: max(attempts, 1), &chance) {
        case .retry(let after): return after
        case .giveUp: return policy.backOff.maximum
        }
    }
}
