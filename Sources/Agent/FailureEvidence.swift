public import Faults
internal import Glibc
public import Sealing
public import Slots
public import StrictJSON

/// Why the last version that failed here did so: what was seen of it, bounded.
public struct FailureEvidence: Sendable, Equatable {
    /// Its name below the store's `state/`.
    public static let file = "evidence.json"
    /// The most bytes that it takes.
    public static let limit = 64 << 10

    /// The version.
    public var version: String
    /// Its release counter.
    public var releaseCounter: UInt64
    /// Its tree.
    public var tree: Digest
    /// The slot that it stood in.
    public var slot: SlotName
    /// The fault's code.
    public var code: String
    /// Why it failed, in a sentence.
    public var reason: String
    /// When, in seconds since 1970.
    public var at: Int64
    /// The last outputs of the probe, oldest first.
    public var probes: [String] = []
    /// The last lines of the application's log.
    public var log: [String] = []
    /// The report of the smoke run.
    public var smoke: JSONValue?
    /// How often the unit was restarted in the probation; `nil` where no unit was watched.
    public var restarts: Int?
    /// The unit's memory when it was last looked at, in bytes.
    public var memory: Int64?

    static let probeLimit = 20
    static let lineLimit = 512

    /// Begins with what the record says.
    init(_ slot: SlotName, _ record: SlotRecord, _ code: FaultCode, reason: String) {
        version = record.identity.version
        releaseCounter = record.identity.releaseCounter
        tree = record.identity.tree
        self.slot = slot
        self.code = code.rawValue
        self.reason = FailureEvidence.clean(reason, 2000)
        at = Int64(time(nil))
        smoke = record.smoke.map(FailureEvidence.shortened)
    }

    /// Reads it.
    ///
    /// - Parameter bytes: the file, at most ``limit`` bytes.
    /// - Throws: a `Fault` of code `malformed`.
    public init(reading bytes: [UInt8]) throws(Fault) {
        let limits = JSONLimits(bytes: FailureEvidence.limit, depth: 16, values: 8192)
        let json = try JSONReader.read(bytes, limits: limits)
        let fields = try JSONFields(json, path: "evidence")
        let _: Int = try fields.integer("format", in: 1...1)
        version = try fields.string("version", limit: 64)
        releaseCounter = try fields.integer("releaseCounter", in: 0...UInt64.max)
        guard let tree = Digest(hex: try fields.string("tree", limit: 64)),
            let slot = SlotName(rawValue: try fields.string("slot", limit: 1))
        else { throw Fault(.malformed, "“evidence” names no slot or no tree.") }
        self.tree = tree
        self.slot = slot
        code = try fields.string("code", limit: 64)
        reason = try fields.string("reason", limit: 4096)
        at = try fields.integer("at", in: 0...Int64.max)
        probes = try fields.strings("probes", limit: 64)
        log = try fields.strings("log", limit: 256)
        smoke = fields.has("smoke") ? json["smoke"] : nil
        if let unit = try fields.optionalObject("unit") {
            restarts = unit.has("restarts") ? try unit.integer("restarts", in: 0...Int.max) : nil
            memory = unit.has("memory") ? try unit.integer("memory", in: 0...Int64.max) : nil
        }
    }

    /// It as JSON, as it is kept.
    public var json: JSONValue {
        let unit = JSONValue.members([
            ("restarts", restarts.map { .integer($0) }), ("memory", memory.map { .integer($0) }),
        ])
        return .members([
            ("format", .integer(1)), ("version", .string(version)),
            ("releaseCounter", .integer(releaseCounter)), ("tree", .string(tree.hex)),
            ("slot", .string(slot.rawValue)), ("code", .string(code)),
            ("reason", .string(reason)), ("at", .integer(at)),
            ("probes", .array(probes.map { .string($0) })),
            ("log", .array(log.map { .string($0) })), ("smoke", smoke),
            ("unit", restarts == nil && memory == nil ? nil : unit),
        ])
    }

    /// The bytes to keep, at most ``limit``: the oldest lines of the log go first, then the smoke
    /// report.
    var encoded: [UInt8] {
        var part = self
        part.probes = probes.suffix(FailureEvidence.probeLimit).map {
            FailureEvidence.clean($0, FailureEvidence.lineLimit)
        }
        part.log = log.suffix(LogTail.lines).map {
            FailureEvidence.clean($0, FailureEvidence.lineLimit)
        }
        while true {
            let bytes = part.json.pretty
            if bytes.count <= FailureEvidence.limit { return bytes }
            if !part.log.isEmpty {
                part.log = part.log.suffix(part.log.count / 2)
            } else if part.smoke != nil {
                part.smoke = nil
            } else {
                part.probes = part.probes.suffix(part.probes.count / 2)
            }
        }
    }

    /// A text of at most so many bytes, without what a terminal or a server would obey.
    static func clean(_ text: String, _ bytes: Int) -> String {
        var out = ""
        var left = bytes
        for scalar in text.unicodeScalars {
            let category = scalar.properties.generalCategory
            let safe: Unicode.Scalar =
                category == .control || category == .format || category == .lineSeparator
                ? (scalar == "\n" || scalar == "\t" ? " " : "\u{FFFD}") : scalar
            left -= UTF8.width(safe)
            guard left >= 0 else { break }
            out.unicodeScalars.append(safe)
        }
        return out
    }

    /// A smoke report without the cases that passed, and with few of the others.
    private static func shortened(_ report: JSONValue) -> JSONValue {
        guard case .object(let members) = report else { return .null }
        return .object(
            members.map { member in
                switch (member.key, member.value) {
                case ("cases", .array(let cases)):
                    let failed = cases.filter { $0["passed"] != .bool(true) }
                    return JSONValue.Member(member.key, .array(Array(failed.prefix(8))))
                case ("output", .string(let text)):
                    return JSONValue.Member(
                        member.key,
                        .string(
                            String(
                                text.unicodeScalars.suffix(4096).map {
                                    Character($0)
                                })))
                default: return member
                }
            })
    }
}
