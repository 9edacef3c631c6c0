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

    /// Adds the next root, or several, and signs anew what the newest one's keys do not cover yet.
    ///
    /// What is signed anew is signed so that it holds under the old root and under the new one, so no
    /// reader is refused whenever it comes; that takes keys of both. Where the old root has expired,
    /// nobody is served under it, and the new one's keys are enough.
    ///
    /// - Parameters:
    ///   - files: the new roots, fully signed, in the order of their versions.
    ///   - keys: keys for what has to be signed anew, old and new ones.
    ///   - leave: what may be given up.
    /// - Returns: how it stands.
    /// - Throws: a `Fault` of code `untrusted` for a root that does not follow, or under which the
    ///   present metadata or a bundle would not be valid.
    public func rotate(
        to files: [String], keys: PublishingKeys, leave: RotationLeave = RotationLeave()
    ) throws(Fault) -> RepositoryOutcome {
        let folder = try open("repo rotate")
        let state = try PresentState.read(path)
        let roots = try successors(of: state.root, files)
        guard let root = roots.last else { return notes(RepositoryOutcome(state), state) }
        try refuseStaged(folder)
        let judges = state.root.hasExpired(at: now) ? [root] : [state.root, root]
        try keys.check(under: [state.root, root])
        let orphans = try offers(of: state, notSignedUnder: root, folder)
        guard orphans.isEmpty || leave.dropsBundles else { throw refusal(of: orphans, root) }
        let publication = Publication(
            present: state, judges: judges, keys: keys, publisher: self)
        let failing = [TrustRole.targets, .snapshot, .timestamp].filter { role in
            !RepositoryPublisher.holds(state, role, root)
        }
        // The newest first: until the one before it is there, nobody finds it.
        var made = roots.reversed().map(Publication.file(of:))
        if !failing.isEmpty || !orphans.isEmpty {
            let isNew = failing.contains(.targets) || !orphans.isEmpty
            made = try metadata(
                publication, leave, made,
                removing: isNew ? Set(orphans.map(\.target.path)) : nil,
                renewSnapshot: failing.contains(.snapshot), folder)
        }
        // What had expired before is mended by a refresh, under the new root.
        let time = state.trusted.expires <= now ? nil : now
        for judge in [state.roots[0], state.root, root] {
            try publication.rehearse(made, from: judge, at: time, folder)
        }
        try PublicationJournal.publish(made, in: folder)
        let next = try PresentState.read(path)
        var outcome = RepositoryOutcome(next)
        outcome.isPublished = true
        outcome.changes = orphans.map {
            RepositoryChange(kind: .removed, path: $0.target.path, bundle: $0.bundle)
        }
        if next.trusted.expires <= now {
            outcome.warnings.append("Metadata has expired: “repo refresh” signs it anew.")
        }
        if !orphans.isEmpty { outcome.warnings += try noteUnreferenced(folder) }
        return notes(outcome, next)
    }

    /// Roots from files that follow one another; one that is there already is passed over.
    private func successors(
        of root: VerifiedRoot, _ files: [String]
    ) throws(Fault) -> [VerifiedRoot] {
        var roots: [VerifiedRoot] = []
        for file in files {
            let bytes = try FilePlace.read(file, limit: RootMetadata.limit)
            let last = roots.last ?? root
            if bytes == last.bytes { continue }
            do throws(Fault) { roots.append(try last.successor(bytes)) } catch {
                throw error.during(file)
            }
        }
        guard let newest = roots.last else { return [] }
        guard newest.metadata.consistentSnapshot, !newest.hasExpired(at: now) else {
            throw Fault(
                newest.hasExpired(at: now) ? .expired : .source,
                "The root of version \(newest.version) has expired "
                    + "(\(UTCTime.text(newest.expires))), or does not say “consistent_snapshot”.",
                advice: "Make the next version by “nacelle-bundle root extend”.")
        }
        return roots
    }

    /// Metadata and roots in an order in which no reader is refused; where that cannot be had and may be
    /// given up, the roots before the timestamp.
    private func metadata(
        _ publication: Publication, _ leave: RotationLeave, _ roots: [PublicationJournal.File],
        removing paths: Set<String>?, renewSnapshot: Bool, _ folder: borrowing RepositoryFolder
    ) throws(Fault) -> [PublicationJournal.File] {
        func files(_ judges: [VerifiedRoot]) throws(Fault) -> [PublicationJournal.File] {
            let made = Publication(
                present: publication.present, judges: judges, keys: publication.keys,
                publisher: self)
            var targets: SignedMetadata?
            if let paths { targets = try made.targets(removed: paths) }
            return try made.files(targets: targets, renewSnapshot: renewSnapshot)
        }
        let judges = publication.judges
        if judges.count == 2 {
            do throws(Fault) {
                let made = try files(judges)
                // Who does not see the new roots yet must be served too, and first.
                try publication.rehearse(
                    made, from: judges[0], at: nil, without: Set(roots.map(\.path)), folder)
                return made + roots
            } catch {
                guard error.code == .untrusted else { throw error }
                guard leave.allowsGap else {
                    throw Fault(
                        error.code, error.message,
                        advice: "Give the old keys and the new ones, so that what is signed holds "
                            + "under both roots; where an old key is lost, use --allow-gap.")
                }
            }
        }
        var made = try files([judges[judges.count - 1]])
        made.insert(contentsOf: roots, at: made.count - 1)
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
