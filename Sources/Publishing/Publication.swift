internal import Faults
internal import Repository
internal import StrictJSON
internal import Transport
internal import Trust

/// One step from the present state of a repository to the next: metadata is made, read as devices read
/// it, and put in place with the timestamp last.
struct Publication {
    /// The repository as it is; `nil` for a first publication.
    let present: PresentState?
    /// The roots under which what is made must hold; where two are named, readers of either go on.
    let judges: [VerifiedRoot]
    let keys: PublishingKeys
    let publisher: RepositoryPublisher

    /// Makes targets, signed by what keys are at hand.
    func targets(
        put: [(path: String, envelope: [UInt8], bundle: BundleTarget)] = [],
        removed: Set<String> = []
    ) throws(Fault) -> SignedMetadata {
        let signed = try MetadataWriter.targets(
            present?.targets.signed,
            version: try next("targets", present?.trusted.versions.targets),
            expires: Lifetimes.end(publisher.lifetimes.targets, after: publisher.now), put: put,
            removed: removed)
        return try sign(signed, .targets)
    }

    /// Why a document cannot be published yet; `nil` where every judge sees enough signatures.
    func missing(_ file: SignedMetadata, _ role: TrustRole) -> Fault? {
        for judge in judges {
            do throws(Fault) {
                try file.verify(
                    by: judge.keys(of: role),
                    "The new \(role.rawValue) metadata under root version \(judge.version)")
            } catch {
                return error
            }
        }
        return nil
    }

    /// Makes what is to be put in place, in its order.
    ///
    /// - Parameters:
    ///   - targets: new targets, signed; `nil` to keep the present ones.
    ///   - renewSnapshot: whether the snapshot gets a new version without new targets too.
    /// - Returns: the files.
    /// - Throws: a `Fault` of code `untrusted` where signatures are missing.
    func files(
        targets: SignedMetadata?, renewSnapshot: Bool = false
    ) throws(Fault) -> [PublicationJournal.File] {
        let versions = present?.trusted.versions
        var files: [PublicationJournal.File] = []
        var named: (version: Int, file: [UInt8])?
        if let targets {
            try require(targets, .targets)
            named = (try version(of: targets), targets.encoded)
            files.append(file("targets", named))
        }
        var snapshot: (version: Int, file: [UInt8])?
        if targets != nil || renewSnapshot {
            let version = try next("snapshot", versions?.snapshot)
            let made = try sign(
                try MetadataWriter.snapshot(
                    present?.snapshot.signed, version: version,
                    expires: Lifetimes.end(publisher.lifetimes.snapshot, after: publisher.now),
                    targets: named), .snapshot)
            try require(made, .snapshot)
            snapshot = (version, made.encoded)
            files.append(file("snapshot", snapshot))
        }
        let timestamp = try sign(
            try MetadataWriter.timestamp(
                present?.timestamp.signed, version: (versions?.timestamp ?? 0) + 1,
                expires: Lifetimes.end(publisher.lifetimes.timestamp, after: publisher.now),
                snapshot: snapshot), .timestamp)
        try require(timestamp, .timestamp)
        files.append(
            PublicationJournal.File(
                path: RepositoryLayout.mark, bytes: timestamp.encoded, changes: true))
        return files
    }

    /// The file of a root.
    static func file(of root: VerifiedRoot) -> PublicationJournal.File {
        PublicationJournal.File(
            path: RepositoryLayout.metadata + MetadataNames.numbered("root", root.version),
            bytes: root.bytes, changes: false)
    }

    /// Reads the repository as it will be, as a device does.
    ///
    /// - Parameters:
    ///   - files: what will be put in place.
    ///   - root: the root that the device knows.
    ///   - time: the time by which expiry is judged; `nil` to accept what has expired.
    ///   - hidden: files that it does not see yet.
    ///   - folder: the repository's folder.
    /// - Throws: the `Fault` that the device would end with.
    func rehearse(
        _ files: [PublicationJournal.File], from root: VerifiedRoot, at time: Int64?,
        without hidden: Set<String> = [],
        _ folder: borrowing RepositoryFolder
    ) throws(Fault) {
        var overlay: [String: [UInt8]] = [:]
        for file in files where !hidden.contains(file.path) { overlay[file.path] = file.bytes }
        let tree = FolderTree(path: folder.path)
        _ = try DeviceView(from: root, at: time) { (name, limit) throws(Fault) in
            let path = RepositoryLayout.metadata + name
            guard let bytes = overlay[path] else {
                return hidden.contains(path) ? nil : try tree.read(path, limit: limit)
            }
            guard bytes.count <= limit else {
                throw Fault(
                    .source,
                    "\(name) would have \(bytes.count) bytes; devices take at most \(limit).",
                    advice: "Remove old bundles from the repository.")
            }
            return bytes
        }
    }

    /// Puts files in place after a device's look at them.
    func publish(
        _ files: [PublicationJournal.File], in folder: borrowing RepositoryFolder
    ) throws(Fault) {
        for judge in judges { try rehearse(files, from: judge, at: publisher.now, folder) }
        try PublicationJournal.publish(files, in: folder)
    }

    private func next(_ role: String, _ version: Int?) throws(Fault) -> Int {
        try MetadataNames.next(role, after: version, in: publisher.path)
    }

    private func version(of file: SignedMetadata) throws(Fault) -> Int {
        try JSONFields(file.signed, path: "targets.signed").integer("version", in: 1...(1 << 53))
    }

    private func sign(_ signed: JSONValue, _ role: TrustRole) throws(Fault) -> SignedMetadata {
        try keys.sign(try SignedMetadata(signed: signed, signatures: []), role, under: judges)
    }

    private func require(_ file: SignedMetadata, _ role: TrustRole) throws(Fault) {
        guard let fault = missing(file, role) else { return }
        let option = role == .targets ? "--targets-key" : "--online-key"
        throw Fault(
            fault.code, fault.message, advice: "Give more of the role's keys with \(option).")
    }

    private func file(
        _ role: String, _ named: (version: Int, file: [UInt8])?
    ) -> PublicationJournal.File {
        PublicationJournal.File(
            path: RepositoryLayout.metadata + MetadataNames.numbered(role, named?.version ?? 0),
            bytes: named?.file ?? [], changes: false)
    }
}
