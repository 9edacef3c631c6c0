public import Faults

/// One refresh of a repository's metadata (TUF 1.0.34, sections 5.2 to 5.6), without any I/O.
///
/// It asks for one thing after the other (``RepositoryStep``), judges each answer, and ends with
/// ``RepositoryStep/done``, when ``trusted`` holds what was verified. Each file is stored before
/// the next is asked for, so that a crash leaves what was verified until then. What it throws ends
/// it; what was stored before stays good.
public struct MetadataRefresh: Sendable {
    private enum Stage {
        case begin
        /// The next root was asked for.
        case root
        /// Files are removed, then the root is stored.
        case rotation(VerifiedRoot, remove: [String])
        case storingRoot
        case storedTimestamp
        case timestamp
        case storingTimestamp
        case storedSnapshot
        case snapshot
        case storingSnapshot
        case targets(TargetsRead)
        case done
    }

    private let rules: RepositoryRules
    private var stage = Stage.begin
    private var rootsTaken = 0
    private var oldTimestamp: TimestampMetadata?
    private var timestamp: TimestampMetadata?
    private var oldSnapshot: SnapshotMetadata?
    private var snapshot: SnapshotMetadata?
    /// The newest root that was verified; also while the rest is not, or fails.
    public private(set) var root: VerifiedRoot
    /// What was verified; `nil` before the end.
    public private(set) var trusted: TrustedRepository?

    /// Begins a refresh.
    ///
    /// - Parameters:
    ///   - root: the root of trust as it is known.
    ///   - rules: how the metadata is judged.
    public init(root: VerifiedRoot, rules: RepositoryRules) {
        self.root = root
        self.rules = rules
    }

    /// Takes the answer to what was asked for last, and asks for the next.
    ///
    /// - Parameter answer: the file, where one was asked for and is there; ignored the first time.
    /// - Returns: what to do now.
    /// - Throws: a `Fault`: `untrusted` for signatures, `rollback` for a version that goes back or
    ///   files that do not go together, `expired`, `server-refused` for a file that is missing,
    ///   `malformed`, `unsupported`.
    public mutating func next(_ answer: [UInt8]?) throws(Fault) -> RepositoryStep {
        switch stage {
        case .begin: return askForRoot()
        case .root:
            guard let answer else { return try finishRoots() }
            return try take(root: answer)
        case .rotation(let newRoot, let remove): return rotate(to: newRoot, remove)
        case .storingRoot:
            return rootsTaken < RepositoryRules.rootLimit ? askForRoot() : try finishRoots()
        case .storedTimestamp:
            // One that is not valid any more, as after a rotation, is as good as none.
            oldTimestamp = answer.flatMap {
                try? TimestampMetadata($0, by: root.keys(of: .timestamp))
            }
            stage = .timestamp
            return .fetch(
                MetadataName.published("timestamp", version: nil), limit: TimestampMetadata.limit)
        case .timestamp: return try take(timestamp: answer)
        case .storingTimestamp: return askForStoredSnapshot()
        case .storedSnapshot: return try take(storedSnapshot: answer)
        case .snapshot: return try take(snapshot: answer)
        case .storingSnapshot: return try beginTargets()
        case .targets(var read):
            let step = try read.next(answer)
            stage = .targets(read)
            return step == .done ? finish(read) : step
        case .done: return .done
        }
    }

    // MARK: Root

    private mutating func askForRoot() -> RepositoryStep {
        stage = .root
        return .fetch(
            MetadataName.published("root", version: root.version + 1), limit: RootMetadata.limit)
    }

    private mutating func take(root bytes: [UInt8]) throws(Fault) -> RepositoryStep {
        let next = try root.successor(bytes)
        rootsTaken += 1
        // Whoever held a key that is gone may have set versions as high as there are; what such a
        // key signed must not hold the new one back (fast-forward recovery, section 5.3.11). Removed
        // before the root is stored, so that a crash in between leads here again.
        let isRotated = [TrustRole.timestamp, .snapshot].contains { role in
            let kept = Set(next.keys(of: role).members.map(\.publicKey))
            return !root.keys(of: role).members.allSatisfy { kept.contains($0.publicKey) }
        }
        let stale = ["timestamp", "snapshot"].map { MetadataName.stored($0) }
        return rotate(to: next, isRotated ? stale : [])
    }

    private mutating func rotate(to newRoot: VerifiedRoot, _ remove: [String]) -> RepositoryStep {
        if let file = remove.first {
            stage = .rotation(newRoot, remove: Array(remove.dropFirst()))
            return .remove(file)
        }
        root = newRoot
        stage = .storingRoot
        return .store(MetadataName.stored("root"), newRoot.bytes)
    }

    private mutating func finishRoots() throws(Fault) -> RepositoryStep {
        if let time = rules.time, root.hasExpired(at: time) {
            throw RepositoryFault.expired("root", root.expires, at: time)
        }
        stage = .storedTimestamp
        return .load(MetadataName.stored("timestamp"))
    }

    // MARK: Timestamp

    private mutating func take(timestamp bytes: [UInt8]?) throws(Fault) -> RepositoryStep {
        guard let bytes else { throw RepositoryFault.missing("timestamp.json") }
        var current = try TimestampMetadata(bytes, by: root.keys(of: .timestamp))
        var isNew = true
        if let old = oldTimestamp {
            guard current.header.version >= old.header.version else {
                throw RepositoryFault.older(
                    "timestamp", current.header.version, than: old.header.version)
            }
            guard current.snapshot.version >= old.snapshot.version else {
                throw RepositoryFault.older(
                    "snapshot", current.snapshot.version, than: old.snapshot.version)
            }
            // The same version says nothing new, whatever stands in it.
            isNew = current.header.version > old.header.version
            if !isNew { current = old }
        }
        try refuseExpired("timestamp", current.header)
        timestamp = current
        guard isNew else { return askForStoredSnapshot() }
        stage = .storingTimestamp
        return .store(MetadataName.stored("timestamp"), bytes)
    }

    // MARK: Snapshot

    private mutating func askForStoredSnapshot() -> RepositoryStep {
        stage = .storedSnapshot
        return .load(MetadataName.stored("snapshot"))
    }

    private mutating func take(storedSnapshot bytes: [UInt8]?) throws(Fault) -> RepositoryStep {
        let meta = try announced()
        if let bytes, let stored = try? SnapshotMetadata(bytes, by: root.keys(of: .snapshot)) {
            // It counts for what may not go back even where another is announced now.
            oldSnapshot = stored
            if try meta.objection(to: bytes) == nil, stored.header.version == meta.version,
                !rules.hasExpired(stored.header)
            {
                snapshot = stored
                return try beginTargets()
            }
        }
        stage = .snapshot
        return .fetch(
            name(of: "snapshot", version: meta.version),
            limit: min(meta.length ?? SnapshotMetadata.limit, SnapshotMetadata.limit))
    }

    private mutating func take(snapshot bytes: [UInt8]?) throws(Fault) -> RepositoryStep {
        let meta = try announced()
        let file = name(of: "snapshot", version: meta.version)
        guard let bytes else { throw RepositoryFault.missing(file) }
        if let objection = try meta.objection(to: bytes) {
            throw RepositoryFault.mixed(file, objection)
        }
        let new = try SnapshotMetadata(bytes, by: root.keys(of: .snapshot))
        guard new.header.version == meta.version else {
            throw RepositoryFault.mixed(
                file, "it has version \(new.header.version), and timestamp says \(meta.version)")
        }
        for (name, old) in oldSnapshot?.files ?? [:] {
            let role = name.text
            guard let entry = new.files[name] else {
                throw Fault(
                    .rollback,
                    "The repository's snapshot of version \(meta.version) does not name the role "
                        + "“\(role.prefix(64))”, which was there before.",
                    advice: "A role never leaves a snapshot; publish the repository again.")
            }
            guard entry.version >= old.version else {
                throw RepositoryFault.older(
                    "“\(role.prefix(64))”", entry.version, than: old.version)
            }
        }
        try refuseExpired("snapshot", new.header)
        snapshot = new
        stage = .storingSnapshot
        return .store(MetadataName.stored("snapshot"), bytes)
    }

    private func announced() throws(Fault) -> MetaFile {
        guard let timestamp else {
            throw Fault(.internalError, "A snapshot was judged before its timestamp.")
        }
        return timestamp.snapshot
    }

    // MARK: Targets

    private mutating func beginTargets() throws(Fault) -> RepositoryStep {
        guard let snapshot else {
            throw Fault(.internalError, "Targets were judged before their snapshot.")
        }
        var read = try TargetsRead(
            role: "targets", keys: root.keys(of: .targets), snapshot: snapshot, root: root,
            rules: rules)
        let step = try read.next(nil)
        stage = .targets(read)
        return step
    }

    private mutating func finish(_ read: TargetsRead) -> RepositoryStep {
        stage = .done
        if let snapshot, let timestamp, let targets = read.result {
            trusted = TrustedRepository(
                root: root, timestamp: timestamp, snapshot: snapshot, targets: targets)
        }
        return .done
    }

    private func refuseExpired(_ role: String, _ header: MetadataHeader) throws(Fault) {
        guard rules.hasExpired(header) else { return }
        throw RepositoryFault.expired(role, header.expires, at: rules.time)
    }

    private func name(of role: String, version: Int) -> String {
        MetadataName.published(role, version: root.metadata.consistentSnapshot ? version : nil)
    }
}
