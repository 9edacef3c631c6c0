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

extension SignedMetadata {
    /// Parses a file, and gives what is signed once enough keys of a role are seen to have signed.
    ///
    /// - Parameters:
    ///   - bytes: the file.
    ///   - limits: the bounds of the JSON text.
    ///   - what: what the file is, for messages.
    ///   - role: who may sign.
    /// - Returns: the signed object.
    /// - Throws: a `Fault` of code `malformed` or `untrusted`.
    static func verified(
        _ bytes: [UInt8], _ limits: JSONLimits, what: String, by role: RoleKeys
    ) throws(Fault) -> JSONFields {
        let file = try SignedMetadata(bytes, limits: limits, what: what)
        try file.verify(by: role, "The metadata of “\(what)”")
        return try JSONFields(file.signed, path: "\(what).signed")
    }
}
