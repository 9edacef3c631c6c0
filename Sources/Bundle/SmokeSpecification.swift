public import Faults
public import StrictJSON

/// How a version proves itself in its slot before it is swapped in.
public struct SmokeSpecification: Sendable, Equatable {
    /// The specification as JSON.
    public var json: JSONValue

    /// Reads it from the manifest.
    public init(_ fields: JSONFields) throws(Fault) { json = fields.value }
}
