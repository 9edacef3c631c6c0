import Testing
import Transport

@testable import Schedule

/// Waits between attempts: longer and longer, bounded, and spread by chance.
@Suite struct RetryTests {
    private func seconds(_ next: RetryPolicy.Next) -> Double? {
        guard case .retry(let after) = next else { return nil }
        return after / .seconds(1)
    }

    @Test func `a version is tried eight times, later and later, and then left`() throws {
        var chance = Chance(seed: 7)
        var longest = 60.0
        for failure in 1...7 {
            let wait = try #require(seconds(RetryPolicy.install.next(after: failure, &chance)))
            #expect(wait <= longest && wait >= longest * 0.75, "failure \(failure)")
            longest = min(longest * 2, 6 * 3600)
        }
        #expect(RetryPolicy.install.next(after: 8, &chance) == .giveUp)
        #expect(RetryPolicy.install.next(after: .max, &chance) == .giveUp)
    }

    @Test func `asking for versions is never given up, and a server's wish is honoured in bounds`()
        throws
    {
        var chance = Chance(seed: 7)
        let late = try #require(seconds(RetryPolicy.poll.next(after: 1_000_000, &chance)))
        #expect(late <= 3600 && late >= 2700)
        let wished = RetryPolicy.poll.next(after: 1, &chance, wish: .seconds(900))
        #expect(wished == .retry(after: .seconds(900)))
        let long = RetryPolicy.poll.next(after: 1, &chance, wish: .seconds(86_400))
        #expect(long == .retry(after: .seconds(3600)))
    }

    @Test func `the same seed gives the same waits, another gives others`() {
        func waits(_ seed: UInt64) -> [Duration] {
            var schedule = PollSchedule(interval: 3600, seed: seed)
            return [schedule.first()] + (0..<5).map { _ in schedule.next() }
        }
        #expect(waits(1) == waits(1))
        #expect(waits(1) != waits(2))
    }

    @Test func `polls differ by a tenth of the interval, and the first comes within ten minutes`() {
        for seed in 0..<200 as Range<UInt64> {
            var schedule = PollSchedule(interval: 3600, seed: seed)
            #expect((.zero)...(.seconds(600)) ~= schedule.first())
            #expect((.seconds(3240))...(.seconds(3960)) ~= schedule.next())
            var quick = PollSchedule(interval: 30, seed: seed)
            #expect((.zero)...(.seconds(30)) ~= quick.first())
        }
    }

    @Test func `an interval is held within half a minute and a day`() {
        #expect(PollSchedule(interval: 0).interval == 30)
        #expect(PollSchedule(interval: -5).interval == 30)
        var schedule = PollSchedule(interval: .max, seed: 1)
        #expect(schedule.interval == 86_400)
        schedule.setInterval(60)
        #expect(schedule.interval == 60)
        #expect(schedule.next() <= .seconds(66))
    }

    @Test func `after failures polls come later and later, up to the longer of interval and hour`()
    {
        var schedule = PollSchedule(interval: 86_400, seed: 3)
        #expect(schedule.next(afterFailures: 1) <= .seconds(60))
        let late = schedule.next(afterFailures: 50)
        #expect(late <= .seconds(86_400) && late >= .seconds(64_800))
        var short = PollSchedule(interval: 30, seed: 3)
        #expect(short.next(afterFailures: 50) <= .seconds(3600))
    }
}
