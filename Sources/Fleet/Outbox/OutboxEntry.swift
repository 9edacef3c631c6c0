internal import Faults
internal import StrictJSON

/// A report that waits, as one file.
struct OutboxEntry: Equatable {
    /// Its place in the order; the file's name.
    var number: Int
    /// The report.
    var report: Report
    /// When it was made, in milliseconds since 1970.
    var at: Int64
    /// What names this report where it is added again; `nil` for nothing.
    var once: String?
    /// Whether it may have reached the server: it was about to be sent, and no answer was noted.
    var isSending = false
    /// How often the server put it off.
    var tries = 0
    /// Until when it is not sent, in seconds since 1970.
    var notBefore: Int64 = 0

    /// The longest file: 50 messages, each character of which may be an escape of six bytes.
    static let limit = 256 << 10

    /// The file's name.
    var file: String { OutboxEntry.file(number) }

    static func file(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(8 - digits.utf8.count, 0)) + digits + ".json"
    }

    /// The number of a file's name; `nil` for other files.
    static func number(of file: String) -> Int? {
        let bytes = Array(file.utf8)
        guard bytes.count == 13, file.hasSuffix(".json"),
            bytes[..<8].allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(file.prefix(8))
    }

    /// The file's content.
    var json: JSONValue {
        .members([
            ("format", .integer(1)), ("at", .integer(at)), ("once", once.map { .string($0) }),
            ("sending", .bool(isSending)), ("tries", .integer(tries)),
            ("notBefore", .integer(notBefore)), ("report", report.json),
        ])
    }

    /// Makes a new entry.
    init(number: Int, report: Report, at: Int64, once: String?) {
        self.number = number
        self.report = report
        self.at = at
        self.once = once
    }

    /// Reads a file.
    ///
    /// - Throws: a `Fault` of code `malformed`.
    init(number: Int, reading bytes: [UInt8]) throws(Fault) {
        let json = try JSONReader.read(
            bytes, limits: JSONLimits(bytes: OutboxEntry.limit, depth: 8, values: 1000))
        let fields = try JSONFields(json, path: "report")
        let _: Int = try fields.integer("format", in: 1...1)
        self.number = number
        at = try fields.integer("at", in: 0...Int64.max)
        once = try fields.optionalString("once", limit: 256)
        isSending = try fields.bool("sending")
        tries = try fields.integer("tries", in: 0...1_000_000)
        notBefore = try fields.integer("notBefore", in: 0...Int64.max)
        report = try Report(try fields.object("report"))
    }
}
