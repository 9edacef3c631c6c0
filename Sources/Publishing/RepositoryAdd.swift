internal import DurableFiles
internal import Bundle
public import Faults
internal import Install
internal import Repository
internal import Sealing
internal import Transport
internal import Trust

extension RepositoryPublisher {
    /// A bundle that is to be added, and the file where its index and pack are.
    private struct Incoming {
        let name: String
        let file: FileSource
        let parts: BundleParts

        /// Where index and pack are in the file, by the paths at which they belong.
        var ranges: [(path: String, range: Range<Int64>)] {
            get throws(Fault) {
                let start = try file.length() - parts.manifest.packLength
                return [
                    (parts.index, start - parts.manifest.index.length..<start),
                    (parts.pack, start..<start + parts.manifest.packLength),
                ]
            }
        }
    }

    /// Adds bundles, all in one publication.
    ///
    /// Each is verified as it stands in the repository, before readers can see anything of it. One that
    /// is there already stays, and gets what differs: another list of recipients, more signatures,
    /// objects that are missing.
    ///
    /// - Parameters:
    ///   - bundles: their files.
    ///   - keys: targets keys and online keys.
    ///   - allowsOlder: whether a release counter may go back.
    ///   - key: a recipient's secret key file, by which the inside of sealed bundles is verified.
    /// - Returns: what became of each; ``RepositoryOutcome/missing`` where signatures are missing.
    /// - Throws: a `Fault` of code `malformed`, `untrusted`, `downgrade`, `source`, or others.
    public func add(
        _ bundles: [String], keys: PublishingKeys, allowsOlder: Bool = false, key: String? = nil
    ) throws(Fault) -> RepositoryOutcome {
        let folder = try open("repo add")
        try refuseStaged(folder)
        // What an interrupted command was writing takes room that may be needed now.
        for path in try RepositoryInventory.read(path).remainders { try folder.remove(path) }
        let state = try PresentState.read(path)
        try keys.check(under: [state.root])
        let offers = try state.offers()
        var changes: [RepositoryChange] = []
        var rules = ReleaseRules(bundles: offers.map(\.bundle), allowsOlder: allowsOlder)
        var incoming: [Incoming] = []
        for one in try RepositoryPublisher.read(bundles, root: state.root) {
            let present = offers.first { $0.bundle.bundle == one.parts.manifest.bundle }
            let kind = try kind(of: one, present, folder)
            changes.append(
                RepositoryChange(kind: kind, path: one.parts.path, bundle: one.parts.target))
            if kind == .added { try rules.add(one.parts.target) }
            if kind != .unchanged { incoming.append(one) }
        }
        let listed = changes.filter { $0.kind == .added || $0.kind == .envelope }.map(\.path)
        // Before anything large is copied.
        if !listed.isEmpty { try keys.checkOnlineNumbers(under: state.root) }
        let (unchecked, mended) = try bringIn(incoming, state.root, key, folder)
        var outcome: RepositoryOutcome
        if listed.isEmpty {
            outcome = notes(RepositoryOutcome(state), state)
            outcome.changes = changes
        } else {
            let publication = Publication(
                present: state, judges: [state.root], keys: keys, publisher: self)
            let put = incoming.filter { listed.contains($0.parts.path) }.map {
                (path: $0.parts.path, envelope: $0.parts.envelope, bundle: $0.parts.target)
            }
            outcome = try finish(
                publication, targets: try publication.targets(put: put), changes: changes, folder)
        }
        outcome.warnings += mended.map {
            "\(path)/\($0) held other bytes than the verified bundle, and was replaced."
        }
        outcome.warnings += unchecked.map {
            "\($0) is sealed, so its chunks could not be held against their digests; give a "
                + "recipient's secret key with --key."
        }
        return outcome
    }

    /// Reads and verifies the heads of bundles, full ones first and older ones first.
    private static func read(
        _ paths: [String], root: VerifiedRoot
    ) throws(Fault) -> [Incoming] {
        var list: [Incoming] = []
        for path in paths {
            let file = try FileSource(path: path)
            do throws(Fault) {
                let parts = try BundleParts(file: file, root: root)
                if let twin = list.first(where: { $0.parts.path == parts.path }) {
                    throw Fault(.source, "It is the same bundle as \(twin.name).")
                }
                list.append(Incoming(name: path, file: file, parts: parts))
            } catch {
                throw error.during(path)
            }
        }
        return list.sorted { one, other in
            let (first, second) = (one.parts.manifest, other.parts.manifest)
            if (first.delta == nil) != (second.delta == nil) { return first.delta == nil }
            return first.releaseCounter < second.releaseCounter
        }
    }

    /// What has to be done for a bundle.
    private func kind(
        of one: Incoming, _ present: PresentState.Offer?, _ folder: borrowing RepositoryFolder
    ) throws(Fault) -> RepositoryChange.Kind {
        guard let present else { return .added }
        let parts = one.parts
        let stored = RepositoryLayout.targets + present.target.storedPath(consistentSnapshot: true)
        var envelope = try folder.read(stored, limit: BundleLimits.envelopeBytes)
        // One that was damaged says nothing of the bundle.
        if let bytes = envelope, try !present.target.hashes.match(bytes) { envelope = nil }
        let payload = try envelope.map { (bytes) throws(Fault) in
            do throws(Fault) {
                return try SHA256.digest(of: try DSSEEnvelope(bytes).payload(expecting: .manifest))
            } catch {
                throw error.during("\(path)/\(stored)")
            }
        }
        guard present.bundle == parts.target,
            payload ?? parts.manifestDigest == parts.manifestDigest
        else {
            throw Fault(
                .source,
                "The id \(Hex.encode(parts.manifest.bundle)) is that of another bundle in the "
                    + "repository, version \(present.bundle.version).",
                advice: "Build the bundle again; every build has an id of its own.")
        }
        guard try present.target.hashes.match(parts.envelope) else { return .envelope }
        if envelope != parts.envelope { return .parts }
        if let list = parts.recipientsPath,
            try folder.read(list, limit: Recipients.maximumLength) != parts.recipients
        {
            return .parts
        }
        for (path, range) in try one.ranges where try !folder.holds(path, one.file, range) {
            return .parts
        }
        return .unchanged
    }

    /// Puts the parts of bundles into the repository, after all of them were verified there.
    ///
    /// - Returns: the files of sealed bundles whose chunks could not be verified, and what stood in the
    ///   repository with other bytes.
    private func bringIn(
        _ incoming: [Incoming], _ root: VerifiedRoot, _ key: String?,
        _ folder: borrowing RepositoryFolder
    ) throws(Fault) -> (unchecked: [String], mended: [String]) {
        var hidden: [String: String] = [:]
        var unchecked: [String] = []
        var mended: Set<String> = []
        do throws(Fault) {
            for one in incoming {
                try copy(one, &hidden, &mended, folder)
                let place = { (path: String) in "\(self.path)/\(hidden[path] ?? path)" }
                let (index, pack) = (place(one.parts.index), place(one.parts.pack))
                do throws(Fault) {
                    let isWhole = try one.parts.verify(
                        root: root, key: key,
                        index: { () throws(Fault) in try FileSource(path: index) },
                        pack: { () throws(Fault) in try FileSource(path: pack) },
                        progress: { progress("Verifying", $0, $1) })
                    if !isWhole {
                        try refuseInDoubt(one, mended)
                        unchecked.append(one.name)
                    }
                } catch {
                    throw error.during(one.name)
                }
            }
        } catch {
            for path in hidden.keys { try? folder.discard(path) }
            throw error
        }
        for path in hidden.keys.sorted() { try folder.reveal(path) }
        for one in incoming {
            if let list = one.parts.recipientsPath,
                try folder.read(list, limit: Recipients.maximumLength) != one.parts.recipients
            {
                try folder.replace(list, with: one.parts.recipients)
            }
            let stored = try RepositoryPublisher.storedPath(one.parts)
            let present = try folder.read(stored, limit: BundleLimits.envelopeBytes)
            guard present != one.parts.envelope else { continue }
            // The name is the digest of these bytes: what else stood there was damaged.
            try folder.replace(stored, with: one.parts.envelope)
            if present != nil { mended.insert(stored) }
        }
        return (unchecked, mended.sorted())
    }

    /// Copies index and pack beside their places, where they are not there yet, or not as they are here.
    private func copy(
        _ one: Incoming, _ hidden: inout [String: String], _ mended: inout Set<String>,
        _ folder: borrowing RepositoryFolder
    ) throws(Fault) {
        let parts = try one.ranges
        let total = parts.reduce(Int64(0)) { $0 + Int64($1.range.count) }
        var done: Int64 = 0
        for (path, range) in parts where hidden[path] == nil {
            if let info = try folder.info(path) {
                guard info.kind == .file else {
                    throw Fault(
                        .storage, "\(self.path)/\(path) is no file.",
                        advice: "Find out who made it, remove it, and add the bundle again.")
                }
                if try folder.holds(path, one.file, range) { continue }
                mended.insert(path)
            }
            hidden[path] = try folder.copy(to: path, from: one.file, range) {
                done += $0
                progress("Copying", done, total)
            }
        }
    }

    /// Refuses to replace a pack by one whose chunks cannot be verified.
    private func refuseInDoubt(_ one: Incoming, _ mended: Set<String>) throws(Fault) {
        guard mended.contains(one.parts.pack) else { return }
        throw Fault(
            .storage,
            "\(path)/\(one.parts.pack) holds other bytes than this sealed bundle; which of them are "
                + "damaged cannot be told without a recipient's key.",
            advice: "Give one with --key.")
    }

    /// Where the envelope of a bundle is served.
    private static func storedPath(_ parts: BundleParts) throws(Fault) -> String {
        let digest = try SHA256.digest(of: parts.envelope).hex
        let components = parts.path.split(separator: "/")
        let directory = components.dropLast().map { $0 + "/" }.joined()
        return RepositoryLayout.targets + directory + digest + "." + (components.last ?? "")
    }
}
