public import Faults
public import Sealing

/// Computes what a tree is from its archive's entries, without unpacking them.
///
/// The entries must come in the archive's canonical order, by the bytes of their paths. Memory is a
/// note for each name of a file, so that hard links find what they name; it serves builders, not devices.
public final class TreeDigestReceiver: EntryReceiver {
    private struct Content {
        let mode: UInt32
        let size: Int64
        let digest: Digest
        let isFirstName: Bool
    }

    private var tree: TreeDigest
    private var content: SHA256
    private var files: [String: Content] = [:]
    private var current: ArchiveEntry?
    private var last = ""

    /// Begins a tree.
    ///
    /// - Throws: a `Fault` where libcrypto has no SHA-256.
    public init() throws(Fault) {
        tree = try TreeDigest()
        content = try SHA256()
    }

    /// Takes an entry in.
    public func begin(_ entry: ArchiveEntry) throws(Fault) {
        guard last.utf8.lexicographicallyPrecedes(entry.path.utf8) else {
            throw Fault(
                .malformed,
                "\(EntryName.quoted(entry.path)) comes after \(EntryName.quoted(last)) in the archive; "
                    + "entries stand in the order of their paths' bytes.")
        }
        last = entry.path
        current = entry
    }

    /// Takes more of the current file's content in.
    public func data(_ bytes: Span<UInt8>, at offset: Int64) throws(Fault) {
        try content.update(bytes)
    }

    /// Ends the entry.
    public func end() throws(Fault) {
        guard let entry = current.take() else { return }
        let mode = entry.permissions & EntryRules.modeMask
        switch entry.kind {
        case .directory: try tree.directory(entry.path, mode: mode)
        case .symbolicLink(let target):
            try content.update(Array(target.utf8).span)
            try tree.link(entry.path, target: target, digest: try content.finish())
        case .file:
            let file = Content(
                mode: mode, size: entry.size, digest: try content.finish(), isFirstName: true)
            files[entry.path] = file
            try tree.file(
                entry.path, mode: file.mode, size: file.size, digest: file.digest, group: nil)
        case .hardLink(let target):
            guard let file = files[target], file.isFirstName else {
                throw Fault(
                    .malformed,
                    "\(EntryName.quoted(entry.path)) is a hard link to \(EntryName.quoted(target)), "
                        + "which is no file before it.")
            }
            try tree.file(
                entry.path, mode: file.mode, size: file.size, digest: file.digest, group: target)
            files[entry.path] = Content(
                mode: file.mode, size: file.size, digest: file.digest, isFirstName: false)
        }
    }

    /// The digest of a file's content, by any of its names; `nil` where no file had the path so far.
    public func digest(ofFile path: String) -> Digest? { files[path]?.digest }

    /// The digests of all files' contents so far.
    public var fileDigests: Set<Digest> { Set(files.values.map(\.digest)) }

    /// What the tree is, after its last entry.
    public func finish() throws(Fault) -> TreeSummary { try tree.finish() }
}
