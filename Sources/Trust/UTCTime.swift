/// Times as metadata writes them: RFC 3339 in UTC, to the second (`2031-05-09T00:00:00Z`).
public enum UTCTime {
    /// The seconds since 1970 of a time.
    ///
    /// - Parameter text: exactly `YYYY-MM-DDTHH:MM:SSZ`, from the year 1970 on.
    /// - Returns: the seconds; `nil` for any other form or for a date that does not exist.
    public static func seconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 20 else { return nil }
        for (position, byte) in [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"), (19, "Z")]
            as [(Int, Unicode.Scalar)]
        {
            guard bytes[position] == UInt8(ascii: byte) else { return nil }
        }
        func number(_ start: Int, _ count: Int) -> Int64? {
            var value: Int64 = 0
            for byte in bytes[start..<start + count] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            return value
        }
        guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
            let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
            year >= 1970, (1...12).contains(month), (1...days(month, year)).contains(day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        return daysSince1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
    }

    /// The text of a time.
    ///
    /// - Parameter seconds: seconds since 1970, clamped to the years 1970 to 9999.
    /// - Returns: the time as ``seconds(_:)`` reads it.
    public static func text(_ seconds: Int64) -> String {
        let seconds = min(max(seconds, 0), 253_402_300_799)
        var left = seconds / 86400
        var year: Int64 = 1970
        while left >= daysIn(year) {
            left -= daysIn(year)
            year += 1
        }
        var month: Int64 = 1
        while left >= days(month, year) {
            left -= days(month, year)
            month += 1
        }
        func pad(_ value: Int64, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let clock = [seconds % 86400 / 3600, seconds % 3600 / 60, seconds % 60]
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(left + 1, 2))T"
            + clock.map { pad($0, 2) }.joined(separator: ":") + "Z"
    }

    private static func isLeap(_ year: Int64) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    private static func daysIn(_ year: Int64) -> Int64 { isLeap(year) ? 366 : 365 }

    private static func days(_ month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let before = year - 1
        var days = before * 365 + before / 4 - before / 100 + before / 400 - 719_162 + day - 1
        for earlier in 1..<max(month, 1) { days += UTCTime.days(earlier, year) }
        return days
    }
}
