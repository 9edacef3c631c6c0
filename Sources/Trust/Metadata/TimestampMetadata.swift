internal import Faults
internal import StrictJSON

/// Timestamp metadata that was verified by its role's keys (TUF 1.0.34, section 4.6).
struct TimestampMetadata: Sendable {
    /// The most bytes that it may have.
    static let limit = 16 << 10

    let header: MetadataHeader
    /// The newest snapshot.
    let snapshot: MetaFile

    init(_ bytes: [UInt8], by role: RoleKeys) throws(Fault) {
        let signed = try SignedMetadata.verified(
            bytes, JSONLimits(bytes: TimestampMetadata.limit, depth: 16, values: 2000),
            what: "timestamp", by: role)
        header = try MetadataHeader(signed, type: "timestamp")
        let meta = try MetaFile.table(signed.object("meta"), limit: 16)
        guard let snapshot = meta[ExactName("snapshot")] else {
            throw Fault(.malformed, "“timestamp.signed.meta” does not name snapshot.json.")
        }
        self.snapshot = snapshot
    }
}
