import Faults
import Testing

@testable import Agent

/// The clock is believed where it can be right, and never goes behind the last trusted time.
@Suite struct TrustClockTests {
    private static let released: Int64 = 1_000_000

    private func time(_ now: Int64, floor: Int64?) throws -> Int64 {
        try TrustClock(now: now, floor: floor, released: TrustClockTests.released).trustedTime()
    }

    private func refusal(_ now: Int64, floor: Int64?) -> Fault? {
        do {
            _ = try time(now, floor: floor)
            return nil
        } catch { return error as? Fault }
    }

    @Test func `a clock that is right is believed`() throws {
        #expect(try time(2_000_000, floor: nil) == 2_000_000)
        #expect(try time(2_000_000, floor: 1_500_000) == 2_000_000)
        #expect(try time(1_000_000, floor: nil) == 1_000_000)
    }

    @Test func `a clock before this release was made is refused, whatever was trusted`() {
        for floor in [nil, 0, 5] as [Int64?] {
            let fault = refusal(86_400, floor: floor)
            #expect(fault?.code == .clock)
            #expect(fault?.message.contains("1970-01-02T00:00:00Z") == true)
            #expect(fault?.message.contains("1970-01-12T13:46:40Z") == true)
        }
    }

    @Test func `a clock before the last trusted time is refused, but for a small step back`() throws
    {
        #expect(refusal(1_500_000, floor: 2_000_000)?.code == .clock)
        #expect(refusal(1_999_699, floor: 2_000_000)?.code == .clock)
        // Judged by the trusted time: nothing becomes fresh again by setting the clock back.
        #expect(try time(1_999_700, floor: 2_000_000) == 2_000_000)
    }

    @Test func `a machine recovers as soon as the time is right`() throws {
        #expect(refusal(0, floor: 2_000_000)?.code == .clock)
        #expect(try time(2_000_001, floor: 2_000_000) == 2_000_001)
    }
}
