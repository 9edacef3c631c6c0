internal import DurableFiles
internal import Faults
internal import Slots
internal import StrictJSON
internal import Telemetry

/// How far the pushing of samples has come, kept beside them.
struct PushState: Equatable {
    private static let file = "push.json"
    private static let limit = 4096

    /// When samples were added last, in seconds since 1970.
    var sampled: Int64 = 0
    /// When a push was tried last.
    var tried: Int64 = 0
    /// When one ended well last; 0 for never.
    var delivered: Int64 = 0
    /// How often it failed since.
    var failures = 0
    /// Why; empty where it did not.
    var problem = ""
    /// Whether somebody has to mend something first.
    var needsMending = false
    /// What was given up since the store was made.
    var dropped = SampleQueue.Dropped()
    /// How many bytes wait.
    var waiting: Int64 = 0

    /// Seconds until it is tried again: twice as long each time, up to an hour.
    func pause(_ every: Int64) -> Int64 {
        guard failures > 0 else { return every }
        return needsMending ? 3600 : min(3600, every << Int64(min(failures, 6)))
    }

    /// Whether so many seconds are over since a moment; a clock that was set back does not hold it up.
    static func isOver(_ seconds: Int64, since: Int64, at now: Int64) -> Bool {
        now < since || now - since >= seconds
    }

    /// Reads it; `nil` where nothing was ever pushed.
    static func load(_ store: borrowing Store) -> PushState? {
        guard let directory = try? store.telemetryDirectory(),
            let bytes = (try? directory.read(file, limit: limit)) ?? nil
        else { return nil }
        return try? PushState(reading: bytes)
    }

    /// Keeps it.
    func keep(_ store: borrowing Store) throws(Fault) {
        try store.telemetryDirectory().replace(PushState.file, with: json.compact)
    }

    init() {}

    init(reading bytes: [UInt8]) throws(Fault) {
        let json = try JSONReader.read(bytes, limits: JSONLimits(bytes: PushState.limit, depth: 4))
        let fields = try JSONFields(json, path: "push")
        let time = 0...Int64.max
        sampled = try fields.integer("sampled", in: time)
        tried = try fields.integer("tried", in: time)
        delivered = try fields.integer("delivered", in: time)
        failures = try fields.integer("failures", in: 0...Int(Int32.max))
        problem = try fields.string("problem", limit: 2048)
        needsMending = try fields.bool("needsMending")
        dropped.age = try fields.integer("age", in: 0...Int.max / 2)
        dropped.size = try fields.integer("size", in: 0...Int.max / 2)
        dropped.refused = try fields.integer("refused", in: 0...Int.max / 2)
        waiting = try fields.integer("waiting", in: time)
    }

    private var json: JSONValue {
        .members([
            ("sampled", .integer(sampled)), ("tried", .integer(tried)),
            ("delivered", .integer(delivered)), ("failures", .integer(failures)),
            ("problem", .string(String(decoding: Array(problem.utf8.prefix(400)), as: UTF8.self))),
            ("needsMending", .bool(needsMending)), ("age", .integer(dropped.age)),
            ("size", .integer(dropped.size)), ("refused", .integer(dropped.refused)),
            ("waiting", .integer(waiting)),
        ])
    }
}
