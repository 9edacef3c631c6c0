internal import Bundle
internal import Faults
internal import Repository
internal import StrictJSON
internal import Transport
internal import Trust

/// The files to which a repository's metadata leads.
enum RepositoryReferences {
    /// Collects their paths, also by delegated roles and by targets that wait for signatures.
    ///
    /// Signatures are not looked at: what is in doubt is in use.
    ///
    /// - Throws: a `Fault` where something cannot be read, so that it is not known what it leads to.
    static func read(
        _ state: PresentState, staged: JSONValue?, in folder: String
    ) throws(Fault) -> Set<String> {
        let tree = FolderTree(path: folder)
        let versions = state.trusted.versions
        var used: Set<String> = [
            RepositoryLayout.mark,
            RepositoryLayout.metadata + MetadataNames.numbered("snapshot", versions.snapshot),
        ]
        for root in state.roots {
            used.insert(
                RepositoryLayout.metadata + MetadataNames.numbered("root", root.version))
        }
        try collect(staged, tree, &used)
        guard case .object(let roles)? = state.snapshot.signed["meta"] else { return used }
        for role in roles where role.key.hasSuffix(".json") {
            guard case .number(let version)? = role.value["version"] else { continue }
            let name = PercentEncoding.whole(String(role.key.dropLast(5)))
            let path = "\(RepositoryLayout.metadata)\(version).\(name).json"
            used.insert(path)
            guard let bytes = try tree.read(path, limit: MetadataWriter.limits.bytes) else {
                throw Fault(
                    .notFound, "The snapshot names \(path), which is not there.",
                    advice: "Bring the file back, or publish anew.")
            }
            let file: SignedMetadata
            do throws(Fault) {
                file = try SignedMetadata(bytes, limits: MetadataWriter.limits, what: role.key)
            } catch {
                throw error.during("\(folder)/\(path)")
            }
            try collect(file.signed["targets"], tree, &used)
        }
        return used
    }

    private static func collect(
        _ targets: JSONValue?, _ tree: FolderTree, _ used: inout Set<String>
    ) throws(Fault) {
        guard case .object(let members)? = targets else { return }
        for member in members {
            guard case .object(let hashes)? = member.value["hashes"] else { continue }
            let parts = member.key.split(separator: "/", omittingEmptySubsequences: false)
            let directory = parts.dropLast().map { $0 + "/" }.joined()
            for hash in hashes {
                guard case .string(let digest) = hash.value else { continue }
                used.insert("\(RepositoryLayout.targets)\(directory)\(digest).\(parts.last ?? "")")
            }
            do throws(Fault) {
                guard try BundleTarget(custom: member.value["custom"]) != nil else { continue }
            } catch {
                throw error.during("The target “\(member.key)”")
            }
            guard case .string(let digest)? = member.value["hashes"]?["sha256"] else { continue }
            let path = "\(RepositoryLayout.targets)\(directory)\(digest).\(parts.last ?? "")"
            guard let bytes = try tree.read(path, limit: BundleLimits.envelopeBytes) else {
                throw Fault(
                    .notFound, "The envelope \(path) is not there.",
                    advice: "Add its bundle again, or remove it.")
            }
            let manifest: Manifest
            do throws(Fault) {
                manifest = try Manifest(
                    reading: try DSSEEnvelope(bytes).payload(expecting: .manifest))
            } catch {
                throw Fault(
                    error.code, "\(tree.name)/\(path): \(error.message)",
                    advice: "Add its bundle again, or remove it.", cause: error.cause)
            }
            used.insert(RepositoryLayout.index(manifest.index.table))
            used.insert(RepositoryLayout.pack(manifest.index.table))
            used.insert(RepositoryLayout.recipients(of: manifest.bundle))
        }
    }
}
