import DurableFiles
import Faults
import StrictJSON
import TestKit
import Testing

@testable import Transport

/// Months by the calendar, and a count that no clock makes fresh by going back.
@Suite struct TrafficMonthTests {
    private static func month(_ text: String, _ bytes: Int64 = 0) throws -> TrafficMonth {
        try TrafficMonth(reading: Array(#"{"month":"\#(text)","bytes":\#(bytes)}"#.utf8))
    }

    @Test(
        arguments: [
            (0, "1970-01", "1970-02-01T00:00:00Z"), (2_678_399, "1970-01", "1970-02-01T00:00:00Z"),
            (2_678_400, "1970-02", "1970-03-01T00:00:00Z"),
            (951_782_399, "2000-02", "2000-03-01T00:00:00Z"),
            (951_868_799, "2000-02", "2000-03-01T00:00:00Z"),
            (951_868_800, "2000-03", "2000-04-01T00:00:00Z"),
            (1_795_564_800, "2026-11", "2026-12-01T00:00:00Z"),
            (1_798_761_599, "2026-12", "2027-01-01T00:00:00Z"),
            (1_798_761_600, "2027-01", "2027-02-01T00:00:00Z"),
            (4_107_542_399, "2100-02", "2100-03-01T00:00:00Z"),
            (4_107_542_400, "2100-03", "2100-04-01T00:00:00Z"),
            (-5, "1970-01", "1970-02-01T00:00:00Z"),
            (Int64.max, "9999-12", "10000-01-01T00:00:00Z"),
        ] as [(Int64, String, String)])
    func `a moment has its month`(moment: Int64, name: String, end: String) {
        #expect(TrafficMonth(of: moment).name == name)
        #expect(TrafficMonth(of: moment).end == end)
    }

    @Test func `each day of a hundred years is in the month that counting days gives`() {
        var moment: Int64 = 0
        for year in 1970..<2070 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            for (month, days) in lengths.enumerated() {
                for _ in 0..<days {
                    #expect(TrafficMonth(of: moment).number == Int64(year * 12 + month))
                    moment += 86_400
                }
            }
        }
    }

    @Test func `a later month is fresh, an earlier one never`() throws {
        let stored = try Self.month("2026-11", 500)
        func turned(_ name: String) throws -> TrafficMonth {
            // Some moment within.
            var moment: Int64 = 0
            while TrafficMonth(of: moment).name != name { moment += 20 * 86_400 }
            return stored.turned(at: moment)
        }
        #expect(try turned("2026-11") == stored)
        for name in ["2026-12", "2036-01"] {
            let later = try turned(name)
            #expect(later.name == name && later.bytes == 0)
        }
        // One month back it goes on; further back the clock was wrong before.
        #expect(try turned("2026-10") == stored)
        for name in ["2026-09", "1970-01"] {
            let earlier = try turned(name)
            #expect(earlier.name == name && earlier.bytes == 500)
        }
    }

    @Test(arguments: [31, 100, 4000])
    func `a clock that jumps ahead and comes back finds its month's count again`(
        days: Int64
    ) throws {
        let november: Int64 = 1_795_564_800
        let ahead = november + days * 86_400
        var month = TrafficMonth(of: november)
        month.add(400)
        // Through the file, as each command does it.
        month = try TrafficMonth(reading: month.turned(at: ahead).json.pretty)
        #expect(month.bytes == 0)
        month.add(50)
        month = try TrafficMonth(reading: month.turned(at: november).json.pretty)
        #expect(month.name == "2026-11" && month.bytes == 400)
        // Neither is the other one fresh again.
        month = try TrafficMonth(reading: month.turned(at: ahead).json.pretty)
        #expect(month.bytes == 50)
        month.add(450)
        #expect(month.turned(at: november).bytes == 500)
    }

    @Test func `a clock that falls back and comes forth finds its month's count again`() throws {
        let november: Int64 = 1_795_564_800
        var month = TrafficMonth(of: november)
        month.add(400)
        month = try TrafficMonth(reading: month.turned(at: 0).json.pretty)
        #expect(month.name == "1970-01" && month.bytes == 400)
        month = month.turned(at: november)
        #expect(month.name == "2026-11" && month.bytes == 400)
    }

    @Test func `a damaged month stays lost after a jump`() throws {
        let november: Int64 = 1_795_564_800
        var month = TrafficMonth(of: november)
        month.isLost = true
        month = try TrafficMonth(reading: month.turned(at: november + 31 * 86_400).json.pretty)
        #expect(!month.isLost)
        #expect(month.turned(at: november).isLost)
    }

    @Test func `a clock that swings over a month's end has no fresh month each time`() throws {
        let november: Int64 = 1_795_564_800
        let december = november + 31 * 86_400
        var month = TrafficMonth(of: november)
        month.add(400)
        month = month.turned(at: december)
        for _ in 0..<10 {
            month.add(10)
            month = month.turned(at: november).turned(at: december)
        }
        #expect(month.name == "2026-12" && month.bytes == 100)
    }

    @Test func `what is written is read again, a lost count too`() throws {
        var month = try Self.month("2026-11", 123)
        #expect(try TrafficMonth(reading: month.json.pretty) == month)
        #expect(month.json.compactText == #"{"month":"2026-11","bytes":123}"#)
        month.isLost = true
        #expect(try TrafficMonth(reading: month.json.pretty) == month)
        #expect(month.used(of: 1000) == 1000 && month.used(of: 100) == 123)
        month.add(.max)
        #expect(month.bytes == .max)
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"month":"2026-13","bytes":1}"#, #"{"month":"2026-00","bytes":1}"#,
        #"{"month":"2026-1","bytes":1}"#, #"{"month":"+026-01","bytes":1}"#,
        #"{"month":"1969-12","bytes":1}"#, #"{"month":"2026-11","bytes":-1}"#,
        #"{"month":"2026-11","bytes":1.5}"#, #"{"month":"2026-11","bytes":"1"}"#,
        #"{"month":"2026-11"}"#, #"{"month":202611,"bytes":1}"#,
        #"{"month":"2026-11","bytes":9223372036854775808}"#,
        #"{"month":"2026-11","bytes":1,"previous":1}"#,
        #"{"month":"2026-11","bytes":1,"previous":{"month":"2026-10"}}"#,
        #"{"month":"2026-11","bytes":1,"previous":{"month":"2026-1","bytes":1}}"#,
        #"{"month":"2026-11","bytes":1,"previous":{"month":"2026-10","bytes":-1}}"#,
        #"{"month":"2026-11","bytes":1,"lost":1}"#, #"{"month":"2026-11","bytes":1}x"#,
    ])
    func `anything else is refused`(text: String) {
        #expect(throws: Fault.self) { try TrafficMonth(reading: Array(text.utf8)) }
    }

    @Test func `of altered bytes none is read as fewer, unless a digit was altered`() throws {
        let whole = try Self.month("2026-11", 987_654).json.pretty
        for place in whole.indices {
            for bit in 0..<8 {
                var altered = whole
                altered[place] ^= 1 << UInt8(bit)
                guard let month = try? TrafficMonth(reading: altered) else { continue }
                #expect((0x30...0x39).contains(altered[place]) || month.bytes == 987_654)
            }
        }
        for length in 0..<whole.count - 2 {
            #expect(throws: Fault.self) { try TrafficMonth(reading: Array(whole[..<length])) }
        }
    }
}
