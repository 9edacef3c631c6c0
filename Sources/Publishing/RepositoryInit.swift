internal import DurableFiles
public import Faults
internal import Repository
internal import Trust

extension RepositoryPublisher {
    /// Makes a repository with nothing in it.
    ///
    /// - Parameters:
    ///   - root: the file of the newest root.
    ///   - chain: the files of the roots before it, for devices that were shipped with one of them.
    ///   - keys: the keys for the first metadata.
    /// - Returns: how it stands.
    /// - Throws: a `Fault` of code `source` where there is one already; of `untrusted`, `keys`,
    ///   `expired` or the disk.
    public func create(
        root: String, chain: [String] = [], keys: PublishingKeys
    ) throws(Fault) -> RepositoryOutcome {
        try checkClock()
        let roots = try RepositoryPublisher.load(chain + [root])
        guard let newest = roots.last else { throw Fault(.source, "No root was given.") }
        guard newest.metadata.consistentSnapshot else {
            throw Fault(
                .source, "The root does not say “consistent_snapshot”, which a repository needs.",
                advice: "Make the root by “nacelle-bundle root init”.")
        }
        guard !newest.hasExpired(at: now) else {
            throw Fault(
                .expired, "The root expired at \(UTCTime.text(newest.expires)).",
                advice: "Make the next version by “nacelle-bundle root extend”.")
        }
        try keys.check(under: [newest])
        try keys.checkNumbers(under: newest)
        try makeFolder()
        let folder = try RepositoryFolder.open(path, for: "repo init", checkpoint: checkpoint)
        let isRecovered = try recover(folder)
        if try folder.info(RepositoryLayout.mark) != nil {
            let state = try PresentState.read(path)
            guard isRecovered, state.root == newest else {
                throw Fault(
                    .source,
                    "\(path) holds a repository already (root version "
                        + "\(state.root.version), targets version "
                        + "\(state.trusted.versions.targets)).",
                    advice: "Use “repo rotate” for a newer root, or another folder.")
            }
            return RepositoryOutcome(state)
        }
        let publication = Publication(
            present: nil, judges: [newest], keys: keys, publisher: self)
        let metadata = try publication.files(targets: try publication.targets())
        for name in [
            RepositoryLayout.objects, RepositoryLayout.recipients, RepositoryLayout.targets,
        ] {
            try folder.makeParent(of: name + "x")
        }
        let files = roots.map(Publication.file(of:)) + metadata
        for root in roots { try publication.rehearse(files, from: root, at: now, folder) }
        try publication.publish(files, in: folder)
        var outcome = RepositoryOutcome(try PresentState.read(path))
        outcome.isPublished = true
        return outcome
    }

    /// Roots from files, in the order of their versions, each verified by the one before it.
    private static func load(_ paths: [String]) throws(Fault) -> [VerifiedRoot] {
        var files: [(version: Int, bytes: [UInt8], path: String)] = []
        for path in paths {
            let bytes = try FilePlace.read(path, limit: RootMetadata.limit)
            do throws(Fault) {
                files.append((try RootMetadata(bytes).version, bytes, path))
            } catch {
                throw error.during(path)
            }
        }
        var roots: [VerifiedRoot] = []
        for file in files.sorted(by: { $0.version < $1.version }) {
            do throws(Fault) {
                if let last = roots.last {
                    if last.bytes == file.bytes { continue }
                    roots.append(try last.successor(file.bytes))
                } else {
                    roots.append(try VerifiedRoot.load(file.bytes))
                }
            } catch {
                throw error.during(file.path)
            }
        }
        return roots
    }

    private func makeFolder() throws(Fault) {
        let place = try FilePlace(path)
        let parent = try Directory.open(path: place.parent)
        guard try parent.info(place.name) == nil else { return }
        _ = try parent.make(place.name)
        try parent.sync()
    }
}
