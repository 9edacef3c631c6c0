public import DurableFiles
public import Faults
internal import StrictJSON

/// The bytes that came and went over networks in one calendar month (UTC), for all commands together.
public struct TrafficMonth: Sendable, Equatable {
    /// The file in a store's `state/`.
    public static let file = "traffic.json"
    /// What stands in it: months counted from the year 0, January being 0 of each twelve.
    static let months: ClosedRange<Int64> = 1970 * 12...9999 * 12 + 11
    private static let longest = 4096

    /// The month, by number.
    let number: Int64
    /// The bytes of that month; at least as many as there were.
    public internal(set) var bytes: Int64
    /// Whether the count was damaged in this month, so that nobody knows how many there were.
    public internal(set) var isLost: Bool
    /// The month that counted before this one, for a clock that goes back, or forth, to it.
    private(set) var previous: Previous?

    /// What is remembered of another month.
    struct Previous: Sendable, Equatable {
        /// The month, by number.
        let number: Int64
        /// Its bytes.
        let bytes: Int64
        /// Whether its count was damaged.
        let isLost: Bool
    }

    /// A month in which nothing was counted yet.
    ///
    /// - Parameter moment: a moment of it, in seconds since 1970.
    public init(of moment: Int64) {
        number = TrafficMonth.number(of: moment)
        bytes = 0
        isLost = false
        previous = nil
    }

    private init(number: Int64, bytes: Int64, isLost: Bool, previous: Previous?) {
        self.number = number
        self.bytes = bytes
        self.isLost = isLost
        self.previous = previous
    }

    /// Its name: `2026-11`.
    public var name: String { TrafficMonth.text(number) }

    /// When the next one begins: `2026-12-01T00:00:00Z`.
    public var end: String { TrafficMonth.text(number + 1) + "-01T00:00:00Z" }

    /// How many bytes count as used under a bound: all of it, where the count was lost.
    ///
    /// - Parameter limit: the bound.
    /// - Returns: the bytes.
    public func used(of limit: Int64) -> Int64 { isLost ? max(bytes, limit) : bytes }

    /// The month that counts at a moment, going on from this one.
    ///
    /// A later month begins at nothing, unless it was counted in before: then its count is taken up
    /// again. A clock that says an earlier month gives no fresh one. Where that is the month before
    /// this one in the file, a clock went ahead and came back: the greater of both counts holds. Else
    /// for one month less this one goes on; where the clock is further behind, this one was begun by a
    /// clock that was wrong, so the bytes are taken along into the month that the clock says.
    ///
    /// - Parameter moment: seconds since 1970.
    /// - Returns: the month.
    public func turned(at moment: Int64) -> TrafficMonth {
        let now = TrafficMonth.number(of: moment)
        let known = previous.flatMap { $0.number == now ? $0 : nil }
        let this = Previous(number: number, bytes: bytes, isLost: isLost)
        if now > number {
            return TrafficMonth(
                number: now, bytes: known?.bytes ?? 0, isLost: known?.isLost ?? false,
                previous: this)
        }
        if now == number || known == nil && now == number - 1 { return self }
        return TrafficMonth(
            number: now, bytes: max(bytes, known?.bytes ?? 0),
            isLost: isLost || known?.isLost ?? false, previous: this)
    }

    /// Adds bytes; what would pass all numbers stops there.
    mutating func add(_ count: Int64) {
        let (sum, overflow) = bytes.addingReportingOverflow(count)
        bytes = overflow ? .max : max(sum, 0)
    }

    // MARK: On disk

    /// Reads what was counted last.
    ///
    /// - Parameter directory: a store's `state/`.
    /// - Returns: the month; `nil` where nothing was counted ever.
    /// - Throws: a `Fault` of code `store-damaged` where the file cannot be understood.
    public static func read(in directory: borrowing Directory) throws(Fault) -> TrafficMonth? {
        do throws(Fault) {
            guard let bytes = try directory.read(file, limit: longest) else { return nil }
            return try TrafficMonth(reading: bytes)
        } catch {
            throw Fault(
                .storeDamaged,
                "The count of the month's bytes \(directory.path)/\(file) cannot be read: "
                    + error.message,
                advice: "It counts as used up until the month ends; remove the file to begin anew.",
                cause: error.cause)
        }
    }

    init(reading bytes: [UInt8]) throws(Fault) {
        let json = try JSONReader.read(
            bytes, limits: JSONLimits(bytes: TrafficMonth.longest, depth: 3, values: 16))
        let fields = try JSONFields(json, path: "traffic")
        let this = try TrafficMonth.count(fields)
        (number, self.bytes, isLost) = (this.number, this.bytes, this.isLost)
        previous = try fields.optionalObject("previous").map { (fields) throws(Fault) in
            try TrafficMonth.count(fields)
        }
    }

    /// One month's count.
    private static func count(_ fields: JSONFields) throws(Fault) -> Previous {
        guard let number = number(try fields.string("month", limit: 16)) else {
            throw Fault(.malformed, "“\(fields.path).month” is no month of the form 2026-11.")
        }
        return Previous(
            number: number, bytes: try fields.integer("bytes", in: 0...Int64.max),
            isLost: fields.has("lost") ? try fields.bool("lost") : false)
    }

    var json: JSONValue {
        .members(
            TrafficMonth.members(Previous(number: number, bytes: bytes, isLost: isLost)) + [
                ("previous", previous.map { .members(TrafficMonth.members($0)) })
            ])
    }

    private static func members(_ count: Previous) -> [(String, JSONValue?)] {
        [
            ("month", .string(text(count.number))), ("bytes", .integer(count.bytes)),
            ("lost", count.isLost ? .bool(true) : nil),
        ]
    }

    // MARK: Calendar

    private static func text(_ number: Int64) -> String {
        let year = String(number / 12)
        let month = number % 12 + 1
        return String(repeating: "0", count: 4 - min(year.count, 4)) + year
            + (month < 10 ? "-0" : "-") + String(month)
    }

    private static func number(_ name: String) -> Int64? {
        let bytes = Array(name.utf8)
        guard bytes.count == 7, bytes[4] == UInt8(ascii: "-"),
            let year = Int64(name.prefix(4)), let month = Int64(name.suffix(2)),
            (1...12).contains(month), months.contains(year * 12 + month - 1),
            name == text(year * 12 + month - 1)
        else { return nil }
        return year * 12 + month - 1
    }

    /// The month of a moment, held within the years 1970 to 9999.
    private static func number(of moment: Int64) -> Int64 {
        let days = min(max(moment, 0), 253_402_300_799) / 86_400
        // Days from 0000-03-01, in eras of 400 years (Howard Hinnant's days-to-civil).
        let shifted = days + 719_468
        let era = shifted / 146_097
        let ofEra = shifted % 146_097
        let year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let fromMarch = (5 * ofYear + 2) / 153
        return (era * 400 + year) * 12 + fromMarch + 2
    }
}
