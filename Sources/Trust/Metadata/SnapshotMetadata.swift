internal import Faults
internal import StrictJSON

/// Snapshot metadata that was verified by its role's keys (TUF 1.0.34, section 4.4).
struct SnapshotMetadata: Sendable {
    /// The most bytes that it may have where timestamp does not say how many.
    static let limit = 2 << 20
    /// The most roles in it.
    static let roles = 40_000

    let header: MetadataHeader
    /// The file of each targets role, by the role's name.
    let files: [ExactName: MetaFile]

    init(_ bytes: [UInt8], by role: RoleKeys) throws(Fault) {
        let signed = try SignedMetadata.verified(
            bytes, JSONLimits(bytes: SnapshotMetadata.limit, depth: 16), what: "snapshot", by: role)
        header = try MetadataHeader(signed, type: "snapshot")
        files = try MetaFile.table(signed.object("meta"), limit: SnapshotMetadata.roles)
    }
}
