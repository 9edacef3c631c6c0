internal import DurableFiles
internal import Faults

/// A walk over a tree in the order of its paths' bytes, by descriptors, following no link.
///
/// That order is not the usual one: `a`, then `a-b`, then `a/c`. It comes out of each directory's
/// names alone, as those below `a` sort where `a/` would; so one level's names are held at a time.
struct TreeWalk {
    /// An entry as the walk finds it.
    struct Found: ~Copyable {
        /// The path from the tree's root.
        let path: String
        let name: String
        let info: EntryInfo
        /// The target, of a symbolic link alone.
        let target: String?
        let parent: DirectoryCache.Opened
    }

    private struct Step {
        let name: String
        let key: String
        /// What the entry is; `nil` for the step down into a directory.
        let info: EntryInfo?
    }

    let maxEntries: Int
    /// The code of a refusal.
    let code: FaultCode
    private var entries = 0

    init(maxEntries: Int, code: FaultCode) {
        self.maxEntries = maxEntries
        self.code = code
    }

    /// Walks everything below `root`.
    ///
    /// Refused are what is neither file, directory nor link, set-user-id and its like, and a tree
    /// that is too deep or has too many entries.
    mutating func walk(
        _ root: borrowing Directory, _ visit: (borrowing Found) throws(Fault) -> Void
    ) throws(Fault) {
        try walk(DirectoryCache.Opened(try root.duplicate()), "", 1, visit)
    }

    private mutating func walk(
        _ opened: DirectoryCache.Opened, _ prefix: String, _ depth: Int,
        _ visit: (borrowing Found) throws(Fault) -> Void
    ) throws(Fault) {
        for step in try steps(opened, prefix) {
            let path = prefix + step.name
            guard let info = step.info else {
                let inner = DirectoryCache.Opened(try opened.directory.open(step.name))
                try walk(inner, path + "/", depth + 1, visit)
                continue
            }
            guard depth <= EntryRules.maxDepth else {
                throw refusal(path, "is more than \(EntryRules.maxDepth) components deep")
            }
            entries += 1
            guard entries <= maxEntries else {
                throw refusal(path, "comes after the most entries that may be, \(maxEntries)")
            }
            guard info.kind != .other else {
                throw refusal(path, "is neither a file nor a directory nor a symbolic link")
            }
            guard info.kind == .link || info.mode & ~0o777 == 0 else {
                throw refusal(
                    path,
                    "has the mode \(String(info.mode, radix: 8));"
                        + " set-user-id, set-group-id and sticky bits may not be set")
            }
            let target = try target(opened, step, path)
            try visit(
                Found(path: path, name: step.name, info: info, target: target, parent: opened))
        }
    }

    private func steps(
        _ opened: DirectoryCache.Opened, _ prefix: String
    ) throws(Fault) -> [Step] {
        var steps: [Step] = []
        for name in try names(opened) {
            guard let info = try opened.directory.info(name) else {
                throw refusal(prefix + name, "went away while the tree was read")
            }
            steps.append(Step(name: name, key: name, info: info))
            if info.kind == .directory {
                steps.append(Step(name: name, key: name + "/", info: nil))
            }
        }
        return steps.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    private func names(_ opened: DirectoryCache.Opened) throws(Fault) -> [String] {
        do {
            return try opened.directory.names(limit: maxEntries)
        } catch {
            // No system call failed: the names themselves are what no tree of ours has.
            guard error.cause == nil else { throw error }
            throw Fault(code, error.message)
        }
    }

    private func target(
        _ opened: DirectoryCache.Opened, _ step: Step, _ path: String
    ) throws(Fault) -> String? {
        guard step.info?.kind == .link else { return nil }
        let target: String?
        do {
            target = try opened.directory.linkTarget(step.name)
        } catch {
            guard error.cause == nil else { throw error }
            throw Fault(code, error.message)
        }
        guard let target else { throw refusal(path, "went away while the tree was read") }
        return target
    }

    private func refusal(_ path: String, _ flaw: String) -> Fault {
        Fault(code, "\(EntryName.quoted(path)) \(flaw).")
    }
}
