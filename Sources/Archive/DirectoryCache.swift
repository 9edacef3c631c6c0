internal import DurableFiles
internal import Faults

/// Open directories below one root, the last used ones, each reached component by component.
///
/// No link is ever followed: a component that is one is a fault.
final class DirectoryCache {
    /// An open directory that several callers may hold.
    final class Opened: Sendable {
        let directory: Directory
        init(_ directory: consuming Directory) { self.directory = directory }
    }

    private static let limit = 16
    private let root: Opened
    /// The most recently used at the end.
    private var opened: [(path: String, directory: Opened)] = []

    init(root: borrowing Directory) throws(Fault) {
        self.root = Opened(try root.duplicate())
    }

    /// The directory at a path from the root; `nil` names the root.
    func directory(_ path: String?) throws(Fault) -> Opened {
        guard let path else { return root }
        if let index = opened.lastIndex(where: { $0.path == path }) {
            let hit = opened.remove(at: index)
            opened.append(hit)
            return hit.directory
        }
        // Depth is bounded by the rules for names, so this recursion is too.
        let (above, name) = EntryName.split(path)
        let parent = try directory(above)
        return keep(Opened(try parent.directory.open(name)), path)
    }

    /// Makes a directory for its owner alone to write; it must not exist yet, unless it may.
    func make(_ path: String, orOpen: Bool = false) throws(Fault) -> Opened {
        let (above, name) = EntryName.split(path)
        let parent = try directory(above)
        let made = Opened(
            orOpen
                ? try parent.directory.openOrMake(name, mode: 0o755)
                : try parent.directory.make(name, mode: 0o755))
        try made.directory.chmod(0o755)
        return keep(made, path)
    }

    private func keep(_ directory: Opened, _ path: String) -> Opened {
        if opened.count == Self.limit { opened.removeFirst() }
        opened.append((path, directory))
        return directory
    }
}
