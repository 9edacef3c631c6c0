import Faults
import Testing

@testable import Schedule

/// Windows are read as people write them, and refused with words where they are wrong.
@Suite struct MaintenanceWindowTests {
    @Test(
        arguments: [
            ("Mon-Fri 22:00-05:00", Set(0..<5), 1320, 420, MaintenanceWindow.Basis.local),
            ("Sat,Sun 00:00-24:00 UTC", [5, 6], 0, 24 * 60, .utc),
            ("daily 02:00-04:00", [0, 1, 2, 3, 4, 5, 6], 120, 120, .local),
            ("DAILY 2:00-4:30 local", [0, 1, 2, 3, 4, 5, 6], 120, 150, .local),
            ("22:00-05:00", [0, 1, 2, 3, 4, 5, 6], 22 * 60, 7 * 60, .local),
            ("22:00-05:00 utc", [0, 1, 2, 3, 4, 5, 6], 22 * 60, 7 * 60, .utc),
            ("fri-MON 23:30-00:00", [0, 4, 5, 6], 23 * 60 + 30, 30, .local),
            ("Monday,tues,Wed-Thurs  00:00-00:01", [0, 1, 2, 3], 0, 1, .local),
            (" Sun\t23:59-23:58 UTC ", [6], 23 * 60 + 59, 24 * 60 - 1, .utc),
        ])
    func `a window is read as people write it`(
        text: String, days: Set<Int>, begin: Int, length: Int, basis: MaintenanceWindow.Basis
    ) throws {
        let window = try MaintenanceWindow(parsing: text)
        #expect(window.days == days)
        #expect(window.begin == begin * 60)
        #expect(window.length == length * 60)
        #expect(window.basis == basis)
    }

    @Test(arguments: [
        ("", "empty"), ("   ", "empty"), ("UTC", "no hours"), ("Mon", "“Mon” is not of the form"),
        ("Mon UTC", "“Mon” is not of the form"), ("Mo 01:00-02:00", "“Mo” is no day"),
        ("Mon-Fre 01:00-02:00", "“Fre” is no day"), ("Mon,,Tue 01:00-02:00", "“” is no day"),
        ("Mon-Tue-Wed 01:00-02:00", "neither a day nor a range"),
        ("1:00-25:00", "“25:00” is no time"), ("01:00-24:01", "“24:01” is no time"),
        ("01:60-02:00", "“01:60” is no time"), ("+1:00-02:00", "“+1:00” is no time"),
        ("24:00-01:00", "begins at 24:00"), ("03:00-03:00", "begins and ends at 03:00"),
        ("01:00–02:00", "no day, hour or zone"),
        ("Mon 01:00-02:00 CET", "“CET” is not of the form"),
        ("Mon Tue 01:00-02:00", "“Tue” is more than"), ("01:00-02:00 Mon", "“Mon” is not"),
        ("01:00", "not of the form"), ("01:00-02:00-03:00", "not of the form"),
        (String(repeating: "Mon,", count: 40) + "Mon 01:00-02:00", "bytes"),
    ])
    func `what is no window is refused with its text, the mistake and an example`(
        text: String, problem: String
    ) throws {
        let fault = try #require(throws: Fault.self) { try MaintenanceWindow(parsing: text) }
        #expect(fault.code == .configuration)
        #expect(fault.message.contains(problem), "\(fault.message)")
        #expect(fault.message.contains("“\(text.prefix(20))"), "\(fault.message)")
        #expect(fault.advice.contains("Mon-Fri 22:00-05:00"))
    }

    @Test func `random bytes are refused or read, and never more than that`() {
        var generator = SystemRandomNumberGenerator()
        let letters = Array("MonTueFriSu,,--::  0123456789UTCdaily\u{0}é\n".unicodeScalars)
        for _ in 0..<5000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...24, using: &generator) {
                text.append(letters[Int.random(in: 0..<letters.count, using: &generator)])
            }
            guard let window = try? MaintenanceWindow(parsing: String(text)) else { continue }
            #expect(!window.days.isEmpty && window.days.isSubset(of: Set(0..<7)))
            #expect((1...86_400).contains(window.length))
            #expect((0..<86_400).contains(window.begin))
        }
    }
}
