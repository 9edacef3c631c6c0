internal import Sealing
internal import Faults
internal import Repository
internal import StrictJSON
internal import Trust

/// Targets that wait for signatures, in a place that no reader looks at.
struct StagedTargets {
    /// Where they stand below the repository's folder.
    static let path = RepositoryFolder.work + "targets.json"

    let file: SignedMetadata

    /// Their version.
    var version: Int {
        guard case .number(let text)? = file.signed["version"] else { return 0 }
        return Int(text) ?? 0
    }

    /// Takes a document that was read.
    init(_ bytes: [UInt8]) throws(Fault) {
        file = try SignedMetadata(bytes, limits: MetadataWriter.limits, what: "staged")
        guard file.signed["_type"] == .string("targets") else {
            throw Fault(.malformed, "The staged document is no targets metadata.")
        }
    }

    /// What waits in a repository; `nil` where nothing does.
    static func read(_ folder: borrowing RepositoryFolder) throws(Fault) -> StagedTargets? {
        guard let bytes = try folder.read(path, limit: MetadataWriter.limits.bytes) else {
            return nil
        }
        do throws(Fault) { return try StagedTargets(bytes) } catch {
            throw Fault(
                error.code, "\(folder.path)/\(path): \(error.message)",
                advice: "Put the right document there, or give it up with “repo sign --discard”.",
                cause: error.cause)
        }
    }

    /// What publishing it would change.
    func changes(to present: PresentState) throws(Fault) -> [RepositoryChange] {
        var changes: [RepositoryChange] = []
        let entries = try JSONFields(file.signed["targets"] ?? .object([]), path: "staged.targets")
        guard case .object(let members) = entries.value else { return [] }
        let (offers, unreadable) = present.readableOffers()
        for member in members {
            let said: BundleTarget?
            do throws(Fault) { said = try BundleTarget(custom: member.value["custom"]) } catch {
                // What stands there already is not changed by this document.
                guard !unreadable.contains(where: { $0.path == member.key }) else { continue }
                throw error.during("The target “\(member.key)” in \(StagedTargets.path)")
            }
            guard let bundle = said else { continue }
            guard let old = offers.first(where: { $0.target.path == member.key }) else {
                changes.append(RepositoryChange(kind: .added, path: member.key, bundle: bundle))
                continue
            }
            let digest = member.value["hashes"]?["sha256"]
            if digest != .string(old.target.hashes.sha256?.hex ?? "") || old.bundle != bundle {
                changes.append(RepositoryChange(kind: .envelope, path: member.key, bundle: bundle))
            }
        }
        let left = Set(members.map(\.key))
        for offer in offers where !left.contains(offer.target.path) {
            changes.append(
                RepositoryChange(kind: .removed, path: offer.target.path, bundle: offer.bundle))
        }
        return changes
    }
}
