public import Faults
public import StrictJSON

/// What a release counted over its validation data, and how far a machine may be from it: the member
/// `reference` of a manifest.
public struct ModelReference: Sendable, Equatable {
    /// What the shipped program counted.
    public var counts: ModelCounts
    /// The SHA-256 of the model's file in hex; empty where the program does not say.
    public var digest: String
    /// From where on it counts as worse.
    public var limits: DriftLimits

    /// Makes a reference.
    public init(_ counts: ModelCounts, digest: String, limits: DriftLimits = DriftLimits()) {
        self.counts = counts
        self.digest = digest
        self.limits = limits
    }

    /// Reads a manifest's `reference`.
    ///
    /// - Throws: a `Fault` of code `malformed`.
    public init(_ value: JSONValue) throws(Fault) {
        let fields = try JSONFields(value, path: "reference")
        counts = try ModelCounts(fields.object("counts"))
        digest = try fields.optionalString("model", limit: 128) ?? ""
        if let limits = try fields.optionalObject("limits") {
            self.limits = try DriftLimits(limits)
        } else {
            limits = DriftLimits()
        }
    }

    /// The reference as JSON, the same for the same counts.
    public var json: JSONValue {
        .members([
            ("counts", counts.json), ("model", digest.isEmpty ? nil : .string(digest)),
            ("limits", limits.json),
        ])
    }
}
