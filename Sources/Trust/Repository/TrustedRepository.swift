/// The top-level metadata of a repository, all of one snapshot and verified.
///
/// Only ``MetadataRefresh`` makes one.
public struct TrustedRepository: Sendable {
    /// The root of trust that judged it.
    public let root: VerifiedRoot
    let timestamp: TimestampMetadata
    let snapshot: SnapshotMetadata
    /// The top-level targets.
    public let targets: TargetsMetadata

    init(
        root: VerifiedRoot, timestamp: TimestampMetadata, snapshot: SnapshotMetadata,
        targets: TargetsMetadata
    ) {
        self.root = root
        self.timestamp = timestamp
        self.snapshot = snapshot
        self.targets = targets
    }

    /// The versions of timestamp, snapshot and targets.
    public var versions: (timestamp: Int, snapshot: Int, targets: Int) {
        (timestamp.header.version, snapshot.header.version, targets.version)
    }

    /// When the first of root, timestamp, snapshot and targets expires, in seconds since 1970.
    public var expires: Int64 {
        min(root.expires, timestamp.header.expires, snapshot.header.expires, targets.expires)
    }
}
