public import Faults

/// A stretch of time that comes again every week: `Mon-Fri 22:00-05:00`, `Sat,Sun 00:00-24:00 UTC`.
///
/// It is open while the clocks of its zone show a time in it. So where clocks are set forward a
/// window in the hour that is left out does not open that day, and one in the hour that comes
/// twice opens twice.
public struct MaintenanceWindow: Sendable, Equatable {
    /// Whose clocks count.
    public enum Basis: String, Sendable {
        /// This machine's.
        case local
        /// Universal time's.
        case utc
    }

    static let day = 86_400
    static let week = 7 * day

    /// The days that it begins on, by number from Monday, 0, to Sunday, 6.
    public let days: Set<Int>
    /// When it begins, in seconds after that day's midnight.
    public let begin: Int
    /// How long it lasts, in seconds: at most a day.
    public let length: Int
    /// Whose clocks count.
    public let basis: Basis

    /// Reads a window as people write it: days, hours and whose clocks count.
    ///
    /// Days are `daily`, names (`Mon`, `monday`), ranges of them (`Fri-Mon`) and lists of both
    /// (`Mon-Wed,Sat`); none are all. Hours are `HH:MM-HH:MM`, the end past midnight where it is not
    /// after the begin, `24:00` for the day's end. At the end may stand `local` (so it is without)
    /// or `UTC`. Spaces around a dash or a comma are taken.
    ///
    /// - Parameter text: the window.
    /// - Throws: a `Fault` of code `configuration` that names the text, what is wrong and an example.
    public init(parsing text: String) throws(Fault) {
        let words = WindowWords(text)
        var rest = try words.split()[...]
        switch rest.last?.lowercased() {
        case "utc":
            basis = .utc
            rest = rest.dropLast()
        case "local":
            basis = .local
            rest = rest.dropLast()
        default: basis = .local
        }
        guard let hours = rest.popLast() else { throw words.refusal("it has no hours") }
        (begin, length) = try words.hours(hours)
        days = try words.days(rest.first ?? "daily")
        guard rest.count <= 1 else {
            throw words.refusal("“\(rest[rest.startIndex + 1])” is more than days, hours and zone")
        }
    }

    /// Whether it is open at a second of the week, counted from Monday's midnight.
    func contains(second: Int) -> Bool {
        days.contains { day in
            let since = second - day * MaintenanceWindow.day - begin
            return (since + MaintenanceWindow.week) % MaintenanceWindow.week < length
        }
    }

    /// The seconds of the week at which it opens or closes.
    var edges: [Int] {
        days.flatMap { day -> [Int] in
            let opens = day * MaintenanceWindow.day + begin
            return [opens, (opens + length) % MaintenanceWindow.week]
        }
    }
}
