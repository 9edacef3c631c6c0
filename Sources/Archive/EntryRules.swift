/// The numbers that bound a tree and its archive.
public struct EntryRules: Sendable {
    /// The bytes of a path, at most.
    public static let maxPathBytes = 1024
    /// The bytes of one component of a path, at most.
    public static let maxComponentBytes = 255
    /// The components of a path, at most.
    public static let maxDepth = 64
    /// The permission bits that a tree of ours keeps: nobody but the owner writes.
    public static let modeMask: UInt32 = 0o755

    /// The entries, at most.
    public let maxEntries: Int
    /// The bytes of one file, at most.
    public let maxFileBytes: Int64
    /// The bytes of all files together, at most; a further name of a file adds nothing.
    public let maxTotalBytes: Int64

    /// Sets the bounds.
    ///
    /// - Parameters:
    ///   - maxEntries: the most entries.
    ///   - maxFileBytes: the most bytes of one file.
    ///   - maxTotalBytes: the most bytes of all files together, from a manifest the exact number.
    public init(maxEntries: Int = 100_000, maxFileBytes: Int64, maxTotalBytes: Int64) {
        self.maxEntries = maxEntries
        self.maxFileBytes = maxFileBytes
        self.maxTotalBytes = maxTotalBytes
    }

    /// Bounds for a tree whose size nothing says beforehand: that of a builder's source.
    public static let unsized = EntryRules(maxFileBytes: .max, maxTotalBytes: .max)
}
