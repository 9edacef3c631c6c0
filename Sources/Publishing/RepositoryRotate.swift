internal import Bundle
internal import DurableFiles
public import Faults
internal import Repository
internal import Trust

extension RepositoryPublisher {
    /// What may be given up where a new root does not leave everything valid.
    public struct RotationLeave: Sendable, Equatable {
        /// Bundles that the new root's targets keys have not signed may go.
        public var dropsBundles = false
        /// Readers may be refused between the new root and the metadata that goes with it, as where an
        /// old online key is lost.
        public var allowsGap = false

        /// Nothing may be given up.
        public init() {}
    }

    /// Adds the next root, and signs anew what its keys do not cover yet.
    ///
    /// What is signed anew is signed so that it holds under the old root and under the new one, so no
    /// reader is refused whenever it comes; that takes keys of both.
    ///
    /// - Parameters:
    ///   - file: the new root, fully signed.
    ///   - keys: keys for what has to be signed anew, old and new ones.
    ///   - leave: what may be given up.
    /// - Returns: how it stands.
    /// - Throws: a `Fault` of code `untrusted` for a root that does not follow, or under which the
    ///   present metadata or a bundle would not be valid.
    public func rotate(
        to file: String, keys: PublishingKeys, leave: RotationLeave = RotationLeave()
    ) throws(Fault) -> RepositoryOutcome {
        let folder = try open("repo rotate")
        let state = try PresentState.read(path)
        let bytes = try FilePlace.read(file, limit: RootMetadata.limit)
        if bytes == state.root.bytes { return notes(RepositoryOutcome(state), state) }
        try refuseStaged(folder)
        let root: VerifiedRoot
        do throws(Fault) { root = try state.root.successor(bytes) } catch {
            throw error.during(file)
        }
        guard root.metadata.consistentSnapshot else {
            throw Fault(.source, "\(file) does not say “consistent_snapshot”.")
        }
        let judges = [state.root, root]
        try keys.check(under: judges)
        let orphans = try offers(of: state, notSignedUnder: root, folder)
        guard orphans.isEmpty || leave.dropsBundles else { throw refusal(of: orphans, root) }
        let publication = Publication(
            present: state, judges: judges, keys: keys, publisher: self)
        let failing = [TrustRole.targets, .snapshot, .timestamp].filter { role in
            !RepositoryPublisher.holds(state, role, root)
        }
        var files = [Publication.file(of: root)]
        if !failing.isEmpty || !orphans.isEmpty {
            let isNew = failing.contains(.targets) || !orphans.isEmpty
            files = try metadata(
                publication, leave, files[0],
                removing: isNew ? Set(orphans.map(\.target.path)) : nil,
                renewSnapshot: failing.contains(.snapshot), folder)
        }
        for judge in [state.roots[0]] + judges {
            try publication.rehearse(files, from: judge, folder)
        }
        try PublicationJournal.publish(files, in: folder)
        let next = try PresentState.read(path)
        var outcome = RepositoryOutcome(next)
        outcome.isPublished = true
        outcome.changes = orphans.map {
            RepositoryChange(kind: .removed, path: $0.target.path, bundle: $0.bundle)
        }
        if !orphans.isEmpty { outcome.warnings += try noteUnreferenced(folder) }
        return notes(outcome, next)
    }

    /// Metadata and root in an order in which no reader is refused; where that cannot be had and may be
    /// given up, the root before the timestamp.
    private func metadata(
        _ publication: Publication, _ leave: RotationLeave, _ root: PublicationJournal.File,
        removing paths: Set<String>?, renewSnapshot: Bool, _ folder: borrowing RepositoryFolder
    ) throws(Fault) -> [PublicationJournal.File] {
        func files(_ made: Publication) throws(Fault) -> [PublicationJournal.File] {
            var targets: SignedMetadata?
            if let paths { targets = try made.targets(removed: paths) }
            return try made.files(targets: targets, renewSnapshot: renewSnapshot)
        }
        do throws(Fault) {
            let made = try files(publication)
            // Who does not see the new root yet must be served too, and first.
            try publication.rehearse(
                made, from: publication.judges[0], without: [root.path], folder)
            return made + [root]
        } catch {
            guard error.code == .untrusted else { throw error }
            guard leave.allowsGap else {
                throw Fault(
                    error.code, error.message,
                    advice:
                        "Give the old keys and the new ones, so that what is signed holds under "
                        + "both roots; where an old key is lost, use --allow-gap.")
            }
        }
        let alone = Publication(
            present: publication.present, judges: [publication.judges[1]], keys: publication.keys,
            publisher: self)
        var made = try files(alone)
        made.insert(root, at: made.count - 1)
        return made
    }

    /// Whether a role's present metadata is valid under another root.
    private static func holds(
        _ state: PresentState, _ role: TrustRole, _ root: VerifiedRoot
    ) -> Bool {
        let file =
            switch role {
            case .targets: state.targets
            case .snapshot: state.snapshot
            default: state.timestamp
            }
        return (try? file.verify(by: root.keys(of: role), role.rawValue)) != nil
    }

    /// The bundles that devices would refuse under another root.
    private func offers(
        of state: PresentState, notSignedUnder root: VerifiedRoot,
        _ folder: borrowing RepositoryFolder
    ) throws(Fault) -> [PresentState.Offer] {
        var list: [PresentState.Offer] = []
        for offer in try state.offers() {
            let path =
                RepositoryLayout.targets + offer.target.storedPath(consistentSnapshot: true)
            let bytes = try folder.read(path, limit: BundleLimits.envelopeBytes) ?? []
            do throws(Fault) {
                _ = try DSSEEnvelope(bytes).verify(type: .manifest, role: root.keys(of: .targets))
            } catch {
                list.append(offer)
            }
        }
        return list
    }

    private func refusal(of offers: [PresentState.Offer], _ root: VerifiedRoot) -> Fault {
        let names = offers.prefix(4).map { "\($0.bundle.application) \($0.bundle.version)" }
        return Fault(
            .untrusted,
            "\(offers.count) bundles are not signed by enough targets keys of root version "
                + "\(root.version): \(names.joined(separator: ", "))"
                + (offers.count > 4 ? " and others." : "."),
            advice:
                "Sign them by “nacelle-bundle sign” with a new key and add them again before the "
                + "rotation, or let them go with --drop-bundles.")
    }
}
