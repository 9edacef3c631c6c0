import Faults
import Testing

@testable import Schedule

/// Windows are read as people write them, and refused with words where they are wrong.
@Suite struct MaintenanceWindowTests {
    /// Texts, and their days, begin and length in minutes, and clock.
    private static let windows: [[String]] = [
        ["Mon-Fri 22:00-05:00", "01234 1320 420 local"],
        ["Sat,Sun 00:00-24:00 UTC", "56 0 1440 utc"],
        ["daily 02:00-04:00", "0123456 120 120 local"],
        ["DAILY 2:00-4:30 local", "0123456 120 150 local"],
        ["22:00-05:00", "0123456 1320 420 local"],
        ["22:00-05:00 utc", "0123456 1320 420 utc"],
        ["fri-MON 23:30-00:00", "0456 1410 30 local"],
        ["Monday,tues,Wed-Thurs  00:00-00:01", "0123 0 1 local"],
        [" Sun\t23:59-23:58 UTC ", "6 1439 1439 utc"],
        ["mon-fri 02:00 - 03:00 utc", "01234 120 60 utc"],
        ["Mon - Wed , Sat 02:00- 03:00", "0125 120 60 local"],
        ["Sat, Sun 22:00 -05:00 local", "56 1320 420 local"],
    ]

    @Test(arguments: windows)
    func `a window is read as people write it`(pair: [String]) throws {
        let window = try MaintenanceWindow(parsing: pair[0])
        let days = window.days.sorted().map(String.init).joined()
        let minutes = "\(window.begin / 60) \(window.length / 60)"
        #expect("\(days) \(minutes) \(window.basis.rawValue)" == pair[1])
        #expect(window.begin % 60 == 0 && window.length % 60 == 0)
    }

    /// Texts that are no windows, and a part of what is said of them.
    private static let mistakes: [[String]] = [
        ["", "empty"], ["   ", "empty"], ["UTC", "no hours"], ["Mon", "“Mon” is not of the form"],
        ["Mon UTC", "“Mon” is not of the form"], ["Mo 01:00-02:00", "“Mo” is no day"],
        ["Mon-Fre 01:00-02:00", "“Fre” is no day"], ["Mon,,Tue 01:00-02:00", "“” is no day"],
        ["Mon-Tue-Wed 01:00-02:00", "neither a day nor a range"],
        ["1:00-25:00", "“25:00” is no time"], ["01:00-24:01", "“24:01” is no time"],
        ["01:60-02:00", "“01:60” is no time"], ["+1:00-02:00", "“+1:00” is no time"],
        ["24:00-01:00", "begins at 24:00"], ["03:00-03:00", "begins and ends at 03:00"],
        ["01:00–02:00", "no day, hour or zone"],
        ["Mon 01:00-02:00 CET", "“CET” is not of the form"],
        ["Mon Tue 01:00-02:00", "“Tue” is more than"], ["01:00-02:00 Mon", "“Mon” is not"],
        ["01:00", "not of the form"], ["01:00-02:00-03:00", "not of the form"],
        [String(repeating: "Mon,", count: 40) + "Mon 01:00-02:00", "bytes"],
    ]

    @Test(arguments: mistakes)
    func `what is no window is refused with its text, the mistake and an example`(
        pair: [String]
    ) throws {
        let text = pair[0]
        let problem = pair[1]
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
