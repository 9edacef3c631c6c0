internal import Glibc

/// A time of the wall clock for people.
enum Moment {
    /// The time in UTC to the minute: `2026-11-24 07:00 UTC`.
    static func text(_ seconds: Int64) -> String {
        var time = time_t(seconds)
        var parts = unsafe tm()
        guard unsafe gmtime_r(&time, &parts) != nil else { return "\(seconds) s" }
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = unsafe "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
        return unsafe day + " \(two(parts.tm_hour)):\(two(parts.tm_min)) UTC"
    }
}
