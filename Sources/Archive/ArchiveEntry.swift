// Archive: libarchive in and out, safe trees, tree digest, read-back. Everything that turns a tree
// into a stream of bytes or a stream into a tree, and proves that the two are the same.

/// One entry of an archive, or of the tree that an archive is made from.
public struct ArchiveEntry: Sendable, Equatable {
    /// What an entry is.
    public enum Kind: Sendable, Equatable {
        /// A regular file with content of its own.
        case file
        /// A directory.
        case directory
        /// A symbolic link.
        ///
        /// The target is relative; it may begin with `..` but never leaves the tree.
        case symbolicLink(target: String)
        /// A further name of a regular file that stands earlier in the archive.
        ///
        /// The target is that file's path, from the tree's root.
        case hardLink(target: String)
    }

    /// The path from the tree's root: no leading, trailing or doubled slash.
    public let path: String
    /// What it is.
    public let kind: Kind
    /// The permission bits, `0o777` at most; of no meaning for links.
    public let permissions: UInt32
    /// The content's length in bytes; 0 for all but files.
    public let size: Int64

    /// Describes an entry; nothing is checked here, see ``EntryValidator``.
    public init(path: String, kind: Kind, permissions: UInt32, size: Int64 = 0) {
        self.path = path
        self.kind = kind
        self.permissions = permissions
        self.size = size
    }
}
