public import DurableFiles
public import Faults

/// Lists a source tree as the entries of its archive, and opens the files.
///
/// The entries stand in the archive's canonical order, by the bytes of their paths, so that each
/// directory precedes what is in it. Of a file with several names the first is the file, the others
/// are hard links to it. They are judged by the same rules that a device applies, so what cannot be
/// installed is refused here, with code `source`.
@safe
public struct TreeReader: ~Copyable {
    /// The tree's entries, in the archive's order.
    public let entries: [ArchiveEntry]
    /// The bytes of all files, a file with several names once.
    public let bytes: Int64
    private let cache: DirectoryCache

    /// Lists the tree below `root`.
    ///
    /// - Parameters:
    ///   - root: the tree's root, which is no entry itself.
    ///   - rules: the bounds.
    ///   - modeMask: the permission bits that are kept.
    /// - Returns: the list, with the tree open for reading its files.
    /// - Throws: a `Fault` of code `source` for a tree that no device would unpack.
    public static func list(
        _ root: borrowing Directory, rules: EntryRules = .unsized,
        modeMask: UInt32 = EntryRules.modeMask
    ) throws(Fault) -> TreeReader {
        var listing = try Listing(rules: rules, modeMask: modeMask)
        var walk = TreeWalk(maxEntries: rules.maxEntries, code: .source)
        try walk.walk(root) { (found) throws(Fault) in try listing.add(found) }
        return TreeReader(
            entries: listing.entries, bytes: listing.validator.bytes,
            cache: try DirectoryCache(root: root))
    }

    private init(entries: [ArchiveEntry], bytes: Int64, cache: DirectoryCache) {
        self.entries = entries
        self.bytes = bytes
        self.cache = cache
    }

    /// Opens a file of the tree for reading.
    ///
    /// - Parameter entry: one of ``entries``, of kind `file`.
    /// - Returns: the open file.
    /// - Throws: a `Fault` of code `source` where it is gone or no longer that file.
    public func open(_ entry: ArchiveEntry) throws(Fault) -> Descriptor {
        let (above, name) = EntryName.split(entry.path)
        let parent = try cache.directory(above)
        guard entry.kind == .file, let file = try parent.directory.openFile(name),
            try file.info(entry.path).size == entry.size
        else {
            throw Fault(
                .source,
                "\(EntryName.quoted(entry.path)) is no longer a file of \(entry.size) bytes.",
                advice: "Build again when nothing writes to the tree.")
        }
        return file
    }

    private struct Identity: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    private struct Listing: ~Copyable {
        var entries: [ArchiveEntry] = []
        var validator: EntryValidator
        private let modeMask: UInt32
        private var firstNames: [Identity: String] = [:]

        init(rules: EntryRules, modeMask: UInt32) throws(Fault) {
            validator = try EntryValidator(rules: rules)
            self.modeMask = modeMask & 0o777
        }

        mutating func add(_ found: borrowing TreeWalk.Found) throws(Fault) {
            let entry = try describe(found)
            do {
                try validator.admit(entry)
            } catch {
                throw Fault(.source, error.message, advice: error.advice, cause: error.cause)
            }
            entries.append(entry)
        }

        private mutating func describe(
            _ found: borrowing TreeWalk.Found
        ) throws(Fault) -> ArchiveEntry {
            let permissions = found.info.mode & modeMask
            switch found.info.kind {
            case .directory:
                return ArchiveEntry(
                    path: found.path, kind: .directory, permissions: permissions)
            case .link:
                return ArchiveEntry(
                    path: found.path, kind: .symbolicLink(target: found.target ?? ""),
                    permissions: 0o777)
            case .file, .other:
                let identity = Identity(device: found.info.device, inode: found.info.inode)
                if found.info.links > 1 {
                    if let first = firstNames[identity] {
                        return ArchiveEntry(
                            path: found.path, kind: .hardLink(target: first),
                            permissions: permissions)
                    }
                    firstNames[identity] = found.path
                }
                return ArchiveEntry(
                    path: found.path, kind: .file, permissions: permissions,
                    size: found.info.size)
            }
        }
    }
}
