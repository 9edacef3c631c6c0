/// Which files of a tree are sealed.
public struct SealRules: Sendable, Equatable {
    /// What is sealed where nothing is said.
    public static let standard = SealRules(paths: ["weights"])

    /// Paths from the tree's root, without slashes at their ends; each stands for all below it, and
    /// the empty one for the whole tree.
    public let paths: [String]

    /// Makes rules from paths; a slash at a path's end, or `.` for the whole tree, is understood.
    public init(paths: [String]) {
        self.paths = paths.map { path in
            let trimmed = path.utf8.last == UInt8(ascii: "/") ? String(path.dropLast()) : path
            return trimmed == "." ? "" : trimmed
        }
    }

    /// Whether the entry at `path` is sealed.
    public func seals(_ path: String) -> Bool {
        paths.contains { rule in
            rule.isEmpty || path == rule
                || path.utf8.count > rule.utf8.count && path.utf8.starts(with: rule.utf8)
                    && path.utf8.dropFirst(rule.utf8.count).first == UInt8(ascii: "/")
        }
    }
}
