internal import DurableFiles
internal import Faults

/// Takes the further names away from the files of a tree that is to be continued.
///
/// A file with several names cannot be written to where it stands: one of them may be outside the tree.
/// Where all are inside, the first is left, which is the one that has the content in an archive; the
/// others are made anew in their turn. So nothing that stands there is lost, however often the
/// continuing is interrupted.
struct LooseNames: ~Copyable {
    private let cache: DirectoryCache
    private var found: [UInt64: (links: Int, paths: [String])] = [:]

    static func remove(below root: borrowing Directory) throws(Fault) {
        var names = LooseNames(cache: try DirectoryCache(root: root))
        try names.walk(root, "", depth: 1)
        for (links, paths) in names.found.values where paths.count == links {
            let sorted = paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            for path in sorted.dropFirst() { try names.remove(path) }
        }
    }

    private init(cache: DirectoryCache) { self.cache = cache }

    private mutating func walk(
        _ directory: borrowing Directory, _ prefix: String, depth: Int
    ) throws(Fault) {
        // What is deeper than any tree is swept later, and so are names that are none.
        guard depth <= EntryRules.maxDepth else { return }
        for name in try directory.removeAll(but: { _ in true }) {
            guard let info = try directory.info(name) else { continue }
            switch info.kind {
            case .directory:
                // One that its owner may not read is no directory of a tree, and goes later.
                guard info.mode & 0o500 == 0o500 else { continue }
                try walk(try directory.open(name), prefix + name + "/", depth: depth + 1)
            case .file where info.links > 1:
                found[info.inode, default: (info.links, [])].paths.append(prefix + name)
            default: break
            }
        }
    }

    private func remove(_ path: String) throws(Fault) {
        let (above, name) = EntryName.split(path)
        let parent = try cache.directory(above)
        // A finished directory may be closed for writing; it gets its mode again at the end.
        try parent.directory.chmod(0o755)
        try parent.directory.remove(name)
    }
}
