internal import Faults
public import Sealing
public import StrictJSON

/// Which version something is about: what a denial and a floor name.
public struct VersionIdentity: Sendable, Equatable {
    /// The application.
    public var application: String
    /// The version, for people.
    public var version: String
    /// The release counter.
    public var releaseCounter: UInt64
    /// The tree digest, which delta and full form share.
    public var tree: Digest

    /// Makes an identity.
    public init(application: String, version: String, releaseCounter: UInt64, tree: Digest) {
        self.application = application
        self.version = version
        self.releaseCounter = releaseCounter
        self.tree = tree
    }

    /// Whether both name the same release, as denials count it.
    public func isSameRelease(as other: VersionIdentity) -> Bool {
        application == other.application && tree == other.tree
            && releaseCounter == other.releaseCounter
    }

    init(_ fields: JSONFields) throws(Fault) {
        guard let tree = Digest(hex: try fields.string("tree", limit: 64)) else {
            throw Fault(.storeDamaged, "“\(fields.path).tree” is not a digest.")
        }
        self.init(
            application: try fields.string("application", limit: 64),
            version: try fields.string("version", limit: 64),
            releaseCounter: try fields.integer("releaseCounter", in: 0...UInt64.max), tree: tree)
    }

    var members: [(String, JSONValue?)] {
        [
            ("application", .string(application)), ("version", .string(version)),
            ("releaseCounter", .integer(releaseCounter)), ("tree", .string(tree.hex)),
        ]
    }
}

/// What is known of the version in a slot.
public struct SlotRecord: Sendable, Equatable {
    /// Where a slot stands in its life.
    public enum State: String, Sendable, CaseIterable {
        /// It is being written; nothing in it is whole.
        case filling
        /// All was written, nothing proved yet.
        case filled
        /// Read back and smoke-tested; may be swapped in.
        case ready
        /// Swapped in, in probation.
        case trial
        /// Proved in probation.
        case good
        /// Failed, or left behind by a rollback.
        case bad
    }

    /// Where the slot stands.
    public var state: State
    /// The version in it.
    public var identity: VersionIdentity
    /// The bundle that it came from, in hexadecimal.
    public var bundle: String
    /// Whether its tree was read back whole and smoke-tested, so that it can be run.
    public var whole: Bool
    /// Boots that ended before the application was healthy, while in trial.
    public var attempts: Int
    /// SHA-256 of the slot's chunk index, in hexadecimal; `nil` where it has none.
    public var index: String?
    /// SHA-256 of the signed envelope that was kept of the version, in hexadecimal; `nil` where none
    /// was.
    public var envelope: String?
    /// How the signed manifest wants the version watched after the swap; `nil` in a record of an
    /// earlier release.
    public var watch: JSONValue?
    /// The tree to fall back to, while in trial or bad.
    public var fallback: TreeName?
    /// Why it is bad; empty otherwise.
    public var reason: String
    /// When the record was written, in seconds since 1970; for people only.
    public var changed: Int64
    /// The report of the smoke run.
    public var smoke: JSONValue?
    /// The report of the probation.
    public var probation: JSONValue?

    /// Makes a record.
    public init(
        state: State, identity: VersionIdentity, bundle: String, whole: Bool = false,
        attempts: Int = 0, index: String? = nil, envelope: String? = nil, watch: JSONValue? = nil,
        fallback: TreeName? = nil, reason: String = "", changed: Int64 = 0,
        smoke: JSONValue? = nil, probation: JSONValue? = nil
    ) {
        self.state = state
        self.identity = identity
        self.bundle = bundle
        self.whole = whole
        self.attempts = attempts
        self.index = index
        self.envelope = envelope
        self.watch = watch
        self.fallback = fallback
        self.reason = reason
        self.changed = changed
        self.smoke = smoke
        self.probation = probation
    }

    /// Whether the version ever passed its probation here, also where it was rolled back since.
    var wasGood: Bool { state == .good || state == .bad && probation?["passed"] == .bool(true) }

    static let limit = 256 << 10

    /// Reads a record.
    init(reading bytes: [UInt8]) throws(Fault) {
        let json = try JSONReader.read(bytes, limits: JSONLimits(bytes: SlotRecord.limit))
        let fields = try JSONFields(json, path: "record")
        let _: Int = try fields.integer("format", in: 1...1)
        guard let state = State(rawValue: try fields.string("state", limit: 16)) else {
            throw Fault(.storeDamaged, "“record.state” is none of the known states.")
        }
        let fallback = try fields.optionalString("fallback", limit: 16)
        guard fallback == nil || fallback.flatMap(TreeName.init(rawValue:)) != nil else {
            throw Fault(.storeDamaged, "“record.fallback” is none of the trees.")
        }
        self.init(
            state: state, identity: try VersionIdentity(fields),
            bundle: try fields.string("bundle", limit: 32), whole: try fields.bool("whole"),
            attempts: try fields.integer("attempts", in: 0...1_000_000),
            index: try fields.optionalString("index", limit: 64),
            envelope: try fields.optionalString("envelope", limit: 64),
            watch: fields.has("watch") ? json["watch"] : nil,
            fallback: fallback.flatMap(TreeName.init(rawValue:)),
            reason: try fields.optionalString("reason", limit: 64 << 10) ?? "",
            changed: try fields.integer("changed", in: 0...Int64.max),
            smoke: fields.has("smoke") ? json["smoke"] : nil,
            probation: fields.has("probation") ? json["probation"] : nil)
    }

    /// The record as JSON; `nacelle status --json` shows the same.
    public var json: JSONValue {
        .members(
            [("format", .integer(1)), ("state", .string(state.rawValue))] + identity.members + [
                ("bundle", .string(bundle)), ("whole", .bool(whole)),
                ("attempts", .integer(attempts)),
                ("index", index.map { .string($0) }),
                ("envelope", envelope.map { .string($0) }), ("watch", watch),
                ("fallback", fallback.map { .string($0.rawValue) }),
                ("reason", reason.isEmpty ? nil : .string(reason)), ("changed", .integer(changed)),
                ("smoke", smoke), ("probation", probation),
            ])
    }
}
