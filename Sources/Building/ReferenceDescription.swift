internal import Bundle
internal import Faults
internal import StrictJSON
internal import Telemetry
internal import YAML

/// The mapping `reference` of a description: where the version's reference comes from, and from where
/// on a machine counts as worse.
struct ReferenceDescription: Sendable {
    /// Where the counts come from.
    enum Origin: Sendable, Equatable {
        /// A run of the program over the inputs in a directory; the path is from here.
        case validation(String)
        /// A reference that was made before, by its file's path from here.
        case file(String)
    }

    /// The longest that a validation run may take where nothing is said, in milliseconds.
    static let standardDeadline = 30 * 60_000

    /// Where the counts come from.
    let origin: Origin
    /// The longest that a validation run may take, in milliseconds.
    let deadline: Int
    private let fields: YAMLFields

    private static let limitKeys = [
        "samples", "index", "recovery", "constant-share", "error-share", "windows", "longest",
        "undecided",
    ]

    /// Reads the mapping.
    ///
    /// - Parameters:
    ///   - description: the whole description.
    ///   - smoke: its smoke specification.
    ///   - directory: where its paths start.
    /// - Returns: what it says; `nil` where it is missing.
    /// - Throws: a `Fault` of code `source`.
    static func read(
        _ description: YAMLFields, _ smoke: SmokeSpecification, below directory: String
    ) throws(Fault) -> ReferenceDescription? {
        guard let fields = try description.optionalMapping("reference") else { return nil }
        try fields.refuseUnknownKeys(known: ["validation", "file", "deadline"] + limitKeys)
        guard fields.has("validation") != fields.has("file") else {
            throw description.fault(
                "reference",
                fields.has("file")
                    ? "has both “validation” and “file”; one of them was expected"
                    : "has no “validation” and no “file”; one of them was expected",
                advice: "“validation” names the inputs of a run, “file” a reference that was made "
                    + "by “nacelle-bundle reference”.")
        }
        var deadline = standardDeadline
        if fields.has("deadline") {
            guard fields.has("validation") else {
                throw fields.fault("deadline", "is that of a validation run, and there is none")
            }
            deadline = Int(try fields.duration("deadline", in: 1000...86_400_000))
        }
        let origin: Origin
        if fields.has("file") {
            origin = .file(SourceTree.resolve(try fields.string("file"), below: directory))
        } else {
            guard case .inference = smoke else {
                throw fields.fault(
                    "validation", "needs a smoke specification of kind “inference”, not “command”",
                    advice: "A command answers no inferences; name a reference by “file”, or leave "
                        + "“reference” out.")
            }
            origin = .validation(
                SourceTree.resolve(try fields.string("validation"), below: directory))
        }
        let reference = ReferenceDescription(origin: origin, deadline: deadline, fields: fields)
        // A mistake in them is better said before a run than after it.
        if case .validation = origin { _ = try reference.limits(over: DriftLimits()) }
        return reference
    }

    /// The limits, with what the mapping sets.
    ///
    /// - Parameter base: what holds where it sets nothing.
    /// - Returns: both together.
    /// - Throws: a `Fault` of code `source`.
    func limits(over base: DriftLimits) throws(Fault) -> DriftLimits {
        var limits = base
        if fields.has("samples") {
            limits.samples = try fields.integer("samples", in: 1...1_000_000_000)
        }
        if fields.has("index") { limits.index = try fields.real("index", in: 0.01...100) }
        if fields.has("recovery") { limits.recovery = try fields.real("recovery", in: 0...100) }
        if fields.has("constant-share") {
            limits.constantShare = try fields.real("constant-share", in: 0...1)
        }
        if fields.has("error-share") {
            limits.errorShare = try fields.real("error-share", in: 0...1)
        }
        if fields.has("windows") { limits.windows = try fields.integer("windows", in: 1...1000) }
        if fields.has("longest") {
            limits.longest = try fields.duration("longest", in: 0...30 * 86_400_000)
        }
        if fields.has("undecided") {
            limits.undecided = try fields.enumeration(
                "undecided", as: DriftLimits.Undecided.self)
        }
        guard limits.recovery <= limits.index else {
            throw fields.fault(
                fields.has("recovery") ? "recovery" : "index",
                "makes “recovery” \(limits.recovery), above “index”, which is \(limits.index)")
        }
        return limits
    }

    /// A fault at the place of the mapping's origin.
    ///
    /// - Parameters:
    ///   - problem: what follows the key's name.
    ///   - advice: what to do about it.
    /// - Returns: the fault, of code `source`.
    func fault(_ problem: String, advice: String = "") -> Fault {
        fields.fault(fields.has("file") ? "file" : "validation", problem, advice: advice)
    }

    /// A fault from below: of what was given, told at its place; of the program or this machine, as it
    /// is.
    func fault(_ inner: Fault) -> Fault {
        switch inner.code {
        case .source, .malformed, .notFound, .storage, .permission:
            let cause = inner.cause.map { " (\($0))" } ?? ""
            return fault(
                "cannot be used: \(Fault.clause(inner.message))\(cause)", advice: inner.advice)
        default: return inner.during("The validation run")
        }
    }
}
