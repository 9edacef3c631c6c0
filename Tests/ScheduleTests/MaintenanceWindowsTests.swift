import Faults
import Glibc
import TestKit
import Testing

@testable import Schedule

/// When a list of windows is open and when that changes, over weeks and over set clocks.
@Suite struct MaintenanceWindowsTests {
    private func windows(_ texts: String...) throws -> MaintenanceWindows {
        try MaintenanceWindows(parsing: texts)
    }

    @Test func `no windows are always open`() {
        let state = MaintenanceWindows.always.state(at: 1_800_000_000, zone: FixedZone.utc)
        #expect(state == .open(until: nil))
    }

    @Test func `windows that fill the week never close`() throws {
        let state = try windows("00:00-12:00", "daily 12:00-24:00")
            .state(at: 1_800_000_000, zone: EuropeanZone())
        #expect(state == .open(until: nil))
    }

    @Test func `too many windows are refused`() throws {
        let many = [String](repeating: "01:00-02:00", count: 65)
        let fault = try #require(throws: Fault.self) { try MaintenanceWindows(parsing: many) }
        #expect(fault.message.contains("65"))
    }

    @Test func `a window of Friday night ends on Saturday morning, one of Sunday on Monday`() throws
    {
        let list = try windows("Fri,Sun 22:00-05:00 UTC")
        // 2026-11-27 was a Friday.
        let friday = EuropeanZone.moment(2026, 11, 27)
        let hour: Int64 = 3600
        let state = { list.state(at: friday + $0 * hour, zone: FixedZone.utc) }
        #expect(state(21) == .closed(opens: friday + 22 * hour))
        #expect(state(22) == .open(until: friday + 29 * hour))
        #expect(state(28) == .open(until: friday + 29 * hour))
        #expect(state(29) == .closed(opens: friday + 70 * hour))
        #expect(state(75) == .open(until: friday + 77 * hour))
        #expect(state(77) == .closed(opens: friday + (7 * 24 + 22) * hour))
    }

    @Test func `local windows go by the machine's clocks, which are set`() throws {
        let list = try windows("Sun 02:30-03:30")
        let zone = EuropeanZone()
        // Set forward on 2027-03-28: 02:00 is 03:00, so the window begins at 03:00.
        let spring = EuropeanZone.moment(2027, 3, 28, 1)
        #expect(list.state(at: spring - 60, zone: zone) == .closed(opens: spring))
        #expect(list.state(at: spring, zone: zone) == .open(until: spring + 1800))
        // Set back on 2026-10-25: 02:30 to 03:00 comes twice.
        let autumn = EuropeanZone.moment(2026, 10, 25, 1)
        #expect(list.state(at: autumn - 1800, zone: zone) == .open(until: autumn))
        #expect(list.state(at: autumn, zone: zone) == .closed(opens: autumn + 1800))
        #expect(list.state(at: autumn + 1800, zone: zone) == .open(until: autumn + 5400))
    }

    @Test func `a window in the hour that is left out opens a week later`() throws {
        let list = try windows("Sun 02:00-03:00")
        let spring = EuropeanZone.moment(2027, 3, 28, 1)
        let state = list.state(at: spring - 3600, zone: EuropeanZone())
        #expect(state == .closed(opens: EuropeanZone.moment(2027, 4, 4, 0)))
    }

    @Test(arguments: SeededGenerator.seeds(12))
    func `states are those that looking at the clock every minute gives`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let texts = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
            Self.text(using: &generator)
        }
        let list = try MaintenanceWindows(parsing: texts)
        let zone = EuropeanZone()
        // Four weeks around one of the settings of the clocks, or anywhere.
        let middles = [
            EuropeanZone.moment(2027, 3, 28), EuropeanZone.moment(2026, 10, 25),
            EuropeanZone.moment(2026, 12, 31),
        ]
        let begin = middles[Int.random(in: 0..<3, using: &generator)] - 14 * 86_400
        let minutes = 28 * 1440
        let readings = texts.map(Reading.init)
        let open = (0..<minutes).map { minute in
            let moment = begin + Int64(minute) * 60
            let offset = zone.offset(at: moment)
            return readings.contains { $0.isOpen(at: moment, offset: offset) }
        }
        var expected = minutes
        for minute in stride(from: minutes - 2, through: 0, by: -1) {
            if open[minute] != open[minute + 1] { expected = minute + 1 }
            // Near the end the next change may lie beyond what was looked at.
            guard expected < minutes, minute % 61 == 0 || expected - minute < 3 else { continue }
            let change = begin + Int64(expected) * 60
            let state = list.state(at: begin + Int64(minute) * 60, zone: zone)
            #expect(
                state == (open[minute] ? .open(until: change) : .closed(opens: change)),
                "seed \(seed), \(texts), minute \(minute)")
            guard state.isOpen == open[minute] else { return }
        }
    }

    private static let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

    private static func text(using generator: inout SeededGenerator) -> String {
        func time(_ minute: Int) -> String {
            let hour = minute / 60
            let rest = minute % 60
            return "\(hour < 10 ? "0" : "")\(hour):\(rest < 10 ? "0" : "")\(rest)"
        }
        let begin = Int.random(in: 0..<96, using: &generator) * 15
        let end = (begin + Int.random(in: 1..<96, using: &generator) * 15) % 1440
        let days = names.filter { _ in Bool.random(using: &generator) }
        let zone = Bool.random(using: &generator) ? " UTC" : ""
        let first = days.isEmpty ? "daily" : days.joined(separator: ",")
        return "\(first) \(time(begin))-\(time(end))\(zone)"
    }

    /// A window by its text, understood another way than the code does.
    private struct Reading {
        let days: [Bool]
        let begin: Int
        let end: Int
        let isUTC: Bool

        init(_ text: String) {
            let words = text.split(separator: " ")
            let ends = words[1].split(separator: "-").map { end in
                let parts = end.split(separator: ":").compactMap { Int($0) }
                return parts[0] * 60 + parts[1]
            }
            days = names.map { words[0] == "daily" || words[0].contains($0) }
            begin = ends[0]
            end = ends[1]
            isUTC = words.count == 3
        }

        /// Whether it is open, by what the clock shows.
        func isOpen(at moment: Int64, offset: Int64) -> Bool {
            let civil = moment + (isUTC ? 0 : offset)
            let today = Int((civil / 86_400 + 3) % 7)
            let minute = Int(civil % 86_400) / 60
            if begin < end { return days[today] && minute >= begin && minute < end }
            return (days[today] && minute >= begin) || (days[(today + 6) % 7] && minute < end)
        }
    }

    @Test func `the machine's zone is the C library's, set clocks included`() async {
        // Another process, so that no other test sees its TZ.
        await #expect(processExitsWith: .success) {
            setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1)
            let zone = MachineZone()
            for day: Int64 in 0..<800 {
                let moment = EuropeanZone.moment(2026, 1, 1) + day * 86_400 + 3599
                precondition(zone.offset(at: moment) == EuropeanZone().offset(at: moment))
                precondition(zone.offset(at: moment + 1) == EuropeanZone().offset(at: moment + 1))
            }
            setenv("TZ", "EST5", 1)
            precondition(zone.offset(at: 1_800_000_000) == -5 * 3600)
            precondition(zone.offset(at: .max) == 0)
        }
    }
}
