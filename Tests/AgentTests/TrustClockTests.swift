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

    @Test func `where the clock is behind the last trusted time, that time counts`() throws {
        // Nothing becomes fresh again by setting the clock back, and one jump ahead strands nobody.
        for now in [1_000_000, 1_500_000, 1_999_999] as [Int64] {
            #expect(try time(now, floor: 2_000_000) == 2_000_000)
        }
    }

    @Test func `a clock that is more than a little behind is told, with both times`() {
        func warning(_ now: Int64) -> String? {
            TrustClock(now: now, floor: 2_000_000, released: 0).warning
        }
        #expect(warning(1_999_699)?.contains("1970-01-24T03:28:19Z") == true)
        #expect(warning(1_999_699)?.contains("1970-01-24T03:33:20Z") == true)
        #expect(warning(1_999_700) == nil)
        #expect(warning(3_000_000) == nil)
    }

    @Test func `a machine recovers as soon as the time is right`() throws {
        #expect(refusal(0, floor: 2_000_000)?.code == .clock)
        #expect(try time(2_000_001, floor: 2_000_000) == 2_000_001)
    }
}
