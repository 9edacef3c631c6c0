internal import Faults
internal import Sealing
internal import Smoke
internal import Telemetry

/// A reference, as it goes into the manifest.
struct MadeReference {
    /// What it says.
    let value: ModelReference
    private let outcome: ReferenceRun.Outcome?
    private let description: ReferenceDescription?

    /// Holds a reference.
    ///
    /// - Parameters:
    ///   - value: what it says.
    ///   - outcome: the run that it was counted in; `nil` of one from a file.
    ///   - description: the mapping that asked for it, for messages.
    init(
        _ value: ModelReference, _ outcome: ReferenceRun.Outcome?,
        _ description: ReferenceDescription?
    ) {
        self.value = value
        self.outcome = outcome
        self.description = description
    }

    /// What is told of it.
    var report: ReferenceReport {
        ReferenceReport(
            summary: ReferenceSummary(value), inferences: outcome?.inferences,
            duration: outcome?.duration)
    }

    /// Refuses a reference of another model than the tree has: a machine would take the version for one
    /// that it does not know.
    ///
    /// - Parameter files: the digests of all files of the tree.
    /// - Throws: a `Fault` of code `source`.
    func checkModel(among files: Set<Digest>) throws(Fault) {
        guard let digest = Digest(hex: value.digest), !files.contains(digest), let description
        else { return }
        throw description.fault(
            "is of the model with the SHA-256 \(digest.hex), which no file of the tree has",
            advice: "Make the reference anew with the model that ships.")
    }
}
