/// What a build or a command of its own says of a reference.
public struct ReferenceReport: Sendable {
    /// What is in it.
    public let summary: ReferenceSummary
    /// How many inferences the validation run asked for; `nil` of a reference from a file.
    public let inferences: Int?
    /// How long they took, in milliseconds; `nil` of a reference from a file.
    public let duration: Int64?
}
