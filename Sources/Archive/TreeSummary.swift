public import Sealing

/// What a whole tree is: its digest, and the numbers that a manifest states of it.
public struct TreeSummary: Sendable, Equatable {
    /// The tree digest, as `docs/tree-digest.md` defines it.
    public let digest: Digest
    /// The entries; the root is none.
    public let entries: Int
    /// The bytes of all files, a file with several names once.
    public let bytes: Int64
    /// The space that the tree takes in blocks of 4096 bytes: files rounded up, one a directory.
    public let diskBytes: Int64
    /// The bytes of the largest file.
    public let largestFile: Int64
}
