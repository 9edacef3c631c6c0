internal import Faults

/// Gets the metadata of one targets role: the stored copy where it is the announced one, else anew.
struct TargetsRead: Sendable {
    private enum Stage {
        case begin, stored, fetched, storing, done
    }

    private let role: String
    private let keys: RoleKeys
    private let meta: MetaFile
    private let root: VerifiedRoot
    private let rules: RepositoryRules
    private var stage = Stage.begin
    /// The verified metadata; `nil` before the end.
    private(set) var result: TargetsMetadata?

    /// Begins to read.
    ///
    /// - Parameters:
    ///   - role: the role's name.
    ///   - keys: who may sign for it, by its delegator of today.
    ///   - snapshot: what says which version belongs to the rest.
    ///   - root: the root of trust.
    ///   - rules: how the metadata is judged.
    /// - Throws: a `Fault` where the snapshot does not name the role.
    init(
        role: String, keys: RoleKeys, snapshot: SnapshotMetadata, root: VerifiedRoot,
        rules: RepositoryRules
    ) throws(Fault) {
        guard let meta = snapshot.files[ExactName(role)] else {
            throw Fault(
                .rollback,
                "The repository's snapshot of version \(snapshot.header.version) does not name the "
                    + "role “\(role.prefix(64))”.", advice: "Publish the repository again.")
        }
        self.role = role
        self.keys = keys
        self.meta = meta
        self.root = root
        self.rules = rules
    }

    mutating func next(_ answer: [UInt8]?) throws(Fault) -> RepositoryStep {
        switch stage {
        case .begin:
            stage = .stored
            return .load(MetadataName.stored(role))
        case .stored:
            if let answer, let targets = try? judge(answer) {
                return finish(targets)
            }
            stage = .fetched
            return .fetch(
                name, limit: min(meta.length ?? TargetsMetadata.limit, TargetsMetadata.limit))
        case .fetched:
            guard let answer else { throw RepositoryFault.missing(name) }
            result = try judge(answer)
            stage = .storing
            return .store(MetadataName.stored(role), answer)
        case .storing, .done:
            stage = .done
            return .done
        }
    }

    private mutating func finish(_ targets: TargetsMetadata) -> RepositoryStep {
        result = targets
        stage = .done
        return .done
    }

    private var name: String {
        MetadataName.published(
            role, version: root.metadata.consistentSnapshot ? meta.version : nil)
    }

    private func judge(_ bytes: [UInt8]) throws(Fault) -> TargetsMetadata {
        if let objection = try meta.objection(to: bytes) {
            throw RepositoryFault.mixed(name, objection)
        }
        let targets = try TargetsMetadata(bytes, role: role, by: keys, accepting: root.schemes)
        guard targets.version == meta.version else {
            throw RepositoryFault.mixed(
                name, "it has version \(targets.version), and snapshot says \(meta.version)")
        }
        guard !rules.hasExpired(targets.header) else {
            throw RepositoryFault.expired(
                "“\(role.prefix(64))”", targets.expires, at: rules.time)
        }
        return targets
    }
}
