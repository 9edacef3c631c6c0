internal import DurableFiles
internal import Faults
internal import Glibc
public import StrictJSON
internal import UpdateMachine

/// What the running service shows of itself: a small file in memory, for `status` and `update`.
///
/// It is no record: nothing is decided by it, and a reboot forgets it.
public struct LiveView: Sendable, Equatable {
    /// The file's name in the runtime directory.
    public static let file = "service.json"
    private static let limit = 64 << 10

    /// Where the update's life stands: a state's name.
    public var state = "recovering"
    /// The version that is worked on; empty for none.
    public var version = ""
    /// Why it waits.
    public var reasons: [String] = []
    /// What the step under way is doing: `unpack`, `smoke`, …; empty for nothing.
    public var phase = ""
    /// How much of it is done, and of how much; 0 of 0 where nobody knows.
    public var done: Int64 = 0
    /// See ``done``.
    public var total: Int64 = 0
    /// When repository or server are asked next, in seconds since 1970; 0 where that is not set.
    public var next: Int64 = 0
    /// When they answered last; 0 for never since the service began.
    public var contact: Int64 = 0
    /// Why they did not answer last; empty where they did.
    public var problem = ""
    /// A version that is offered and not taken by itself; empty for none.
    public var available = ""
    /// How the last update ended: a state's name; empty for none since the service began.
    public var outcome = ""
    /// Which version that was.
    public var outcomeVersion = ""
    /// Why it was not good.
    public var outcomeReason = ""
    /// Which kind of failure that was: a fault's code; empty where it was good.
    public var outcomeCode = ""
    /// Updates that ended since the service began.
    public var outcomes = 0
    /// Looks that were over since the service began.
    public var looks = 0
    /// Whether a person's wish was not taken up yet.
    public var isWished = false

    /// Makes an empty one.
    public init() {}

    /// The view as JSON.
    public var json: JSONValue {
        .members([
            ("state", .string(state)), ("version", .string(version)),
            ("reasons", .array(reasons.map(JSONValue.string))), ("phase", .string(phase)),
            ("done", .integer(done)), ("total", .integer(total)), ("next", .integer(next)),
            ("contact", .integer(contact)), ("problem", .string(problem)),
            ("available", .string(available)), ("outcome", .string(outcome)),
            ("outcomeVersion", .string(outcomeVersion)), ("outcomeReason", .string(outcomeReason)),
            ("outcomeCode", .string(outcomeCode)), ("outcomes", .integer(outcomes)),
            ("looks", .integer(looks)), ("wished", .bool(isWished)),
        ])
    }

    /// Reads what a running service shows; `nil` where there is nothing that can be read.
    ///
    /// - Parameter directory: the runtime directory.
    /// - Returns: the view.
    public static func read(from directory: String) -> LiveView? {
        guard let bytes = try? FilePlace.read("\(directory)/\(file)", limit: limit),
            let json = try? JSONReader.read(bytes, limits: JSONLimits(bytes: limit, depth: 4)),
            let fields = try? JSONFields(json, path: "service")
        else { return nil }
        return try? LiveView(fields)
    }

    private init(_ fields: JSONFields) throws(Fault) {
        let any = 0...Int64.max
        state = try fields.string("state", limit: 64)
        version = try fields.string("version", limit: 1024)
        reasons = try fields.strings("reasons", limit: 64, length: 8192)
        phase = try fields.string("phase", limit: 256)
        done = try fields.integer("done", in: any)
        total = try fields.integer("total", in: any)
        next = try fields.integer("next", in: any)
        contact = try fields.integer("contact", in: any)
        problem = try fields.string("problem", limit: 16 << 10)
        available = try fields.string("available", limit: 1024)
        outcome = try fields.string("outcome", limit: 64)
        outcomeVersion = try fields.string("outcomeVersion", limit: 1024)
        outcomeReason = try fields.string("outcomeReason", limit: 16 << 10)
        outcomeCode = try fields.string("outcomeCode", limit: 64)
        outcomes = try fields.integer("outcomes", in: 0...Int.max)
        looks = try fields.integer("looks", in: 0...Int.max)
        isWished = try fields.bool("wished")
    }

    /// The view without an outcome that stood there before.
    ///
    /// - Parameter before: what was shown then.
    /// - Returns: the view; with no outcome where none came since.
    func since(_ before: LiveView) -> LiveView {
        guard outcomes == before.outcomes else { return self }
        var view = self
        (view.outcome, view.outcomeVersion, view.outcomeReason) = ("", "", "")
        view.outcomeCode = ""
        return view
    }

    /// Puts it where others see it; a failure hurts nobody.
    ///
    /// - Parameter directory: the runtime directory.
    func write(to directory: String) {
        try? Directory.open(path: directory).replace(LiveView.file, with: json.compact)
    }
}
