import Schedule

/// Central European time by its rule, without the C library: summer time from the last Sunday of
/// March to the last Sunday of October, both at 01:00 UTC.
struct EuropeanZone: ZoneRule {
    func offset(at moment: Int64) -> Int64 {
        var year = 1970 + moment / (366 * 86_400)
        while EuropeanZone.days(year + 1, 1, 1) * 86_400 <= moment { year += 1 }
        let begin = EuropeanZone.lastSunday(year, 3) * 86_400 + 3600
        let end = EuropeanZone.lastSunday(year, 10) * 86_400 + 3600
        return moment >= begin && moment < end ? 7200 : 3600
    }

    /// The last Sunday of a month of 31 days, as days since 1970.
    static func lastSunday(_ year: Int64, _ month: Int64) -> Int64 {
        let last = days(year, month, 31)
        // 1970 began on a Thursday: day 3 was a Sunday.
        return last - ((last - 3) % 7 + 7) % 7
    }

    /// Days since 1970 of a date (Howard Hinnant's civil-to-days).
    static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let ofEra = year - era * 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    /// A moment by its date and time in UTC.
    static func moment(
        _ year: Int64, _ month: Int64, _ day: Int64, _ hour: Int64 = 0, _ minute: Int64 = 0
    ) -> Int64 {
        days(year, month, day) * 86_400 + hour * 3600 + minute * 60
    }
}
