public import Faults
public import StrictJSON

/// From where on a model counts as worse than its reference; the manifest's word, else these defaults.
public struct DriftLimits: Sendable, Equatable {
    /// So many predictions must be there before anything is said.
    ///
    /// With none drifting, an index over ten intervals passes 0.1 in 43 of 100 windows of 100 samples, and
    /// in none of 500.
    public var samples: UInt64 = 500
    /// The index from which confidence, inputs or mix count as shifted.
    public var index = 0.25
    /// The index below which what was shifted counts as well again.
    public var recovery = 0.15
    /// The largest share of inputs all of whose elements are the same.
    public var constantShare = 0.05
    /// The largest share of inferences that fail.
    public var errorShare = 0.05
    /// So many windows in a row must say it.
    public var windows = 2
    /// For how long a probation goes on beyond its own time where too little was seen, in milliseconds.
    public var longest: Int64 = 86_400_000
    /// What a version counts as that was not asked often enough until then.
    public var undecided = Undecided.good

    /// What becomes of a version on probation that nothing can be said of.
    public enum Undecided: String, Sendable, Equatable, CaseIterable {
        /// It stays, and counts as good.
        case good
        /// The version before runs again; this one is not denied.
        case back
    }

    /// The defaults.
    public init() {}

    /// Reads what the manifest sets; the rest keeps its default.
    ///
    /// - Throws: a `Fault` of code `malformed`.
    public init(_ fields: JSONFields) throws(Fault) {
        if fields.has("samples") { samples = try fields.integer("samples", in: 1...1_000_000_000) }
        if fields.has("index") { index = try fields.real("index", in: 0.01...100) }
        if fields.has("recovery") { recovery = try fields.real("recovery", in: 0...100) }
        if fields.has("constantShare") {
            constantShare = try fields.real("constantShare", in: 0...1)
        }
        if fields.has("errorShare") { errorShare = try fields.real("errorShare", in: 0...1) }
        if fields.has("windows") { windows = try fields.integer("windows", in: 1...1000) }
        if fields.has("longest") {
            longest = try fields.integer("longest", in: 0...30 * 86_400_000)
        }
        if fields.has("undecided") {
            let word = try fields.string("undecided", limit: 16)
            guard let known = Undecided(rawValue: word) else {
                throw Fault(
                    .malformed,
                    "“\(fields.path).undecided” is “\(word)”; “good” or “back” was expected.")
            }
            undecided = known
        }
        guard recovery <= index else {
            throw Fault(
                .malformed,
                "“\(fields.path).recovery” is \(recovery), above “index”, which is \(index).")
        }
    }

    /// The limits as JSON.
    public var json: JSONValue {
        .members([
            ("samples", .integer(samples)), ("index", .number("\(index)")),
            ("recovery", .number("\(recovery)")), ("constantShare", .number("\(constantShare)")),
            ("errorShare", .number("\(errorShare)")), ("windows", .integer(windows)),
            ("longest", .integer(longest)), ("undecided", .string(undecided.rawValue)),
        ])
    }
}
