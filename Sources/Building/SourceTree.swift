internal import Archive
internal import DurableFiles
internal import Faults

/// The tree of a bundle, put together from several sources; its entries in the archive's order.
///
/// Modes are normal: 0755 for directories and whatever its owner may execute, 0644 for the rest,
/// unless the description says otherwise. So a checkout's umask does not change a build.
struct SourceTree: ~Copyable {
    /// An entry, and how its content is reached.
    struct Entry {
        let archive: ArchiveEntry
        fileprivate let origin: Origin
        /// Number of the source.
        let source: Int
    }

    fileprivate enum Origin {
        /// No content, or a directory that a longer path implies.
        case none
        /// A single file.
        case file(path: String)
        /// A file of a directory that was listed.
        case listed(ListedTree, ArchiveEntry)
    }

    fileprivate final class ListedTree {
        let reader: TreeReader
        init(_ reader: consuming TreeReader) { self.reader = reader }

        static func list(_ path: String) throws(Fault) -> ListedTree {
            let root = try Directory.open(path: path)
            return ListedTree(try TreeReader.list(root))
        }
    }

    /// The entries, by the bytes of their paths.
    let entries: [Entry]
    /// Bytes of all files.
    let bytes: Int64

    /// The entry at a path; `nil` where there is none.
    func entry(_ path: String) -> ArchiveEntry? {
        entries.first { $0.archive.path == path }?.archive
    }

    /// Puts the tree together.
    ///
    /// - Parameters:
    ///   - sources: the parts.
    ///   - directory: the description's directory.
    /// - Returns: the tree, its files not read yet.
    /// - Throws: a fault of code `source`.
    static func assemble(
        _ sources: [TreeSource], below directory: String
    ) throws(Fault) -> SourceTree {
        var assembly = Assembly(sources: sources)
        for number in sources.indices { try assembly.add(number, below: directory) }
        return try assembly.finish()
    }

    /// Opens a file's content.
    func open(_ entry: Entry) throws(Fault) -> Descriptor {
        switch entry.origin {
        case .none:
            throw Fault(.internalError, "“\(entry.archive.path)” has no content to open.")
        case .listed(let tree, let inner): return try tree.reader.open(inner)
        case .file(let path):
            let file = try FilePlace.open(path)
            let size = try file.info(path).size
            guard size == entry.archive.size else {
                throw Fault(
                    .source,
                    "\(path) had \(entry.archive.size) bytes and has \(size) now.",
                    advice: "Build again when nothing writes to the tree.")
            }
            return file
        }
    }

    /// The entries gathered so far.
    private struct Assembly {
        let sources: [TreeSource]
        private var entries: [String: Entry] = [:]

        init(sources: [TreeSource]) { self.sources = sources }

        mutating func add(_ number: Int, below directory: String) throws(Fault) {
            let source = sources[number]
            let path = SourceTree.resolve(source.from, below: directory)
            let tree: ListedTree?
            let info: EntryInfo
            do throws(Fault) {
                info = try FilePlace.info(path)
                tree = info.kind == .directory ? try ListedTree.list(path) : nil
            } catch {
                throw source.fault(error)
            }
            if let tree {
                try addDirectory(number, tree)
            } else {
                try addFile(number, path, info)
            }
        }

        private mutating func addDirectory(_ number: Int, _ tree: ListedTree) throws(Fault) {
            let source = sources[number]
            let prefix = source.to.isEmpty ? "" : source.to + "/"
            if !source.to.isEmpty { try addDirectories(through: source.to, number) }
            for inner in tree.reader.entries {
                var kind = inner.kind
                if case .hardLink(let target) = kind { kind = .hardLink(target: prefix + target) }
                let archive = ArchiveEntry(
                    path: prefix + inner.path, kind: kind,
                    permissions: permissions(inner, source), size: inner.size)
                let origin: Origin = inner.kind == .file ? .listed(tree, inner) : .none
                try add(Entry(archive: archive, origin: origin, source: number))
            }
        }

        private mutating func addFile(
            _ number: Int, _ path: String, _ info: EntryInfo
        ) throws(Fault) {
            let source = sources[number]
            guard info.kind == .file else { throw source.fault("is no file and no directory") }
            let name = try FilePlace(path).name
            let target =
                source.to.isEmpty ? name : source.to.hasSuffix("/") ? source.to + name : source.to
            if let parent = SourceTree.parent(of: target) {
                try addDirectories(through: parent, number)
            }
            let archive = ArchiveEntry(
                path: target, kind: .file,
                permissions: source.mode ?? (info.mode & 0o100 != 0 ? 0o755 : 0o644),
                size: info.size)
            try add(Entry(archive: archive, origin: .file(path: path), source: number))
        }

        private func permissions(_ entry: ArchiveEntry, _ source: TreeSource) -> UInt32 {
            switch entry.kind {
            case .directory: 0o755
            case .symbolicLink: 0o777
            case .file, .hardLink:
                source.mode ?? (entry.permissions & 0o100 != 0 ? 0o755 : 0o644)
            }
        }

        /// The directory at `path` and all above it.
        private mutating func addDirectories(through path: String, _ number: Int) throws(Fault) {
            if let parent = SourceTree.parent(of: path) {
                try addDirectories(through: parent, number)
            }
            let archive = ArchiveEntry(path: path, kind: .directory, permissions: 0o755)
            try add(Entry(archive: archive, origin: .none, source: number))
        }

        private mutating func add(_ entry: Entry) throws(Fault) {
            let path = entry.archive.path
            guard let other = entries[path] else {
                entries[path] = entry
                return
            }
            if other.archive.kind == .directory, entry.archive.kind == .directory { return }
            throw sources[entry.source].fault(
                "puts “\(path)” into the tree, which “\(sources[other.source].from)” has put there "
                    + "already",
                advice: "Take one of them away, or give it another place.")
        }

        func finish() throws(Fault) -> SourceTree {
            let sorted = entries.values.sorted {
                $0.archive.path.utf8.lexicographicallyPrecedes($1.archive.path.utf8)
            }
            // The device's own rules judge the whole.
            var validator = try EntryValidator(rules: .unsized)
            for entry in sorted {
                do throws(Fault) {
                    try validator.admit(entry.archive)
                } catch {
                    throw sources[entry.source].fault(error)
                }
            }
            return SourceTree(entries: sorted, bytes: validator.bytes)
        }
    }

    private static func parent(of path: String) -> String? {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) }
    }

    /// A path that is relative to a directory, from here.
    static func resolve(_ path: String, below directory: String) -> String {
        path.utf8.first == UInt8(ascii: "/") || directory == "." ? path : "\(directory)/\(path)"
    }
}
