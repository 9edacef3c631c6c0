internal import Faults
internal import Repository
internal import StrictJSON
internal import Transport
internal import Trust

/// A repository as it stands, its signatures verified; what has expired is accepted.
struct PresentState {
    /// A bundle that is offered.
    struct Offer {
        let target: TargetFile
        let bundle: BundleTarget
    }

    /// The roots in the repository, from the first to the newest.
    let roots: [VerifiedRoot]
    let trusted: TrustedRepository
    let timestamp: SignedMetadata
    let snapshot: SignedMetadata
    let targets: SignedMetadata

    /// The root that judges all.
    var root: VerifiedRoot { trusted.root }

    /// Reads a repository.
    ///
    /// - Parameter folder: its folder.
    /// - Returns: how it stands.
    /// - Throws: a `Fault`, of code `not-found` where the folder holds no repository.
    static func read(_ folder: String) throws(Fault) -> PresentState {
        let tree = FolderTree(path: folder)
        let roots = try readRoots(folder)
        guard let newest = roots.last, try tree.read(RepositoryLayout.mark, limit: 1 << 20) != nil
        else {
            throw Fault(
                .notFound, "\(folder) holds no repository: \(RepositoryLayout.mark) is not there.",
                advice: "Make one: nacelle-bundle repo init \(folder) --root root.json …")
        }
        let view = try DeviceView(from: newest, at: nil) { (name, limit) throws(Fault) in
            try tree.read(RepositoryLayout.metadata + name, limit: limit)
        }
        let versions = view.trusted.versions
        func file(_ name: String) throws(Fault) -> SignedMetadata {
            try SignedMetadata(view.files[name] ?? [], limits: MetadataWriter.limits, what: name)
        }
        return PresentState(
            roots: roots, trusted: view.trusted, timestamp: try file(MetadataNames.timestamp),
            snapshot: try file(MetadataNames.numbered("snapshot", versions.snapshot)),
            targets: try file(MetadataNames.numbered("targets", versions.targets)))
    }

    /// Reads and verifies the roots in a folder, up to a gap, where devices stop too.
    static func readRoots(_ folder: String) throws(Fault) -> [VerifiedRoot] {
        let tree = FolderTree(path: folder)
        var roots: [VerifiedRoot] = []
        for version in try MetadataNames.versions(of: "root", in: folder) {
            if let last = roots.last, version != last.version + 1 { break }
            let name = RepositoryLayout.metadata + MetadataNames.numbered("root", version)
            let bytes = try tree.read(name, limit: RootMetadata.limit) ?? []
            do throws(Fault) {
                let root =
                    if let last = roots.last { try last.successor(bytes) } else {
                        try VerifiedRoot.load(bytes)
                    }
                guard root.version == version else {
                    throw Fault(.untrusted, "It says that it has version \(root.version).")
                }
                roots.append(root)
            } catch {
                throw error.during("\(folder)/\(name)")
            }
        }
        return roots
    }

    /// The bundles in the top-level targets, in the order of their paths.
    ///
    /// - Throws: a `Fault` that names the first target that speaks of a bundle wrongly.
    func offers() throws(Fault) -> [Offer] {
        let (offers, unreadable) = readableOffers()
        guard let first = unreadable.first else { return offers }
        throw Fault(
            first.fault.code,
            "The target “\(first.path)” of version \(trusted.versions.targets): "
                + first.fault.message,
            advice: "Take it out: “repo remove --target \(first.path)”.", cause: first.fault.cause)
    }

    /// The bundles in the top-level targets, and those targets that speak of one wrongly.
    func readableOffers() -> (offers: [Offer], unreadable: [RepositoryFinding]) {
        var offers: [Offer] = []
        var unreadable: [RepositoryFinding] = []
        for target in trusted.targets.files {
            do throws(Fault) {
                guard let bundle = try BundleTarget(custom: target.custom) else { continue }
                offers.append(Offer(target: target, bundle: bundle))
            } catch {
                unreadable.append(RepositoryFinding(path: target.path, fault: error))
            }
        }
        return (offers, unreadable)
    }

    /// When a role's metadata expires, in seconds since 1970.
    func expires(_ role: TrustRole) -> Int64 {
        let file =
            switch role {
            case .root: root.metadata.file
            case .timestamp: timestamp
            case .snapshot: snapshot
            case .targets: targets
            }
        guard case .string(let text)? = file.signed["expires"] else { return 0 }
        return UTCTime.seconds(text) ?? 0
    }
}
