// Bundle: the bundle format, version 1: preamble, manifest, recipients, index, chunk codecs.
// Bytes in, values out (and back); no I/O, no policy. docs/bundle-format.md is its specification.

/// The upper bounds of the format; a reader refuses whatever passes one of them.
public enum BundleLimits {
    /// The format version that this release writes and reads.
    public static let formatVersion: UInt16 = 1
    /// Bytes of the envelope: DSSE over the manifest.
    public static let envelopeBytes = 1 << 20
    /// Bytes of the manifest itself.
    public static let manifestBytes = 512 << 10
    /// Recipients of a sealed bundle.
    public static let recipients = 4096
    /// Bytes of one index page as stored.
    public static let pageBytes = 64 << 10
    /// Pages of an index.
    public static let pages = 1024
    /// Bytes of the index: the page table and as many of the largest pages.
    public static let indexBytes = Int64(pages) * Int64(pageBytes + PageTable.entry)
    /// Chunks of a bundle.
    public static let chunks = 250_000
    /// Paths of base ranges.
    public static let basePaths = 65_536
    /// Bytes of all paths of base ranges.
    public static let basePathBytes = 4 << 20
    /// Bytes of a path.
    public static let pathBytes = 1024
    /// Plain bytes of one chunk.
    public static let chunkBytes = 1 << 20
    /// Stored bytes of one chunk: what the codecs may add, and the seal's tag.
    public static let storedChunkBytes = chunkBytes + (chunkBytes >> 7) + 1024
    /// Bytes of a base range.
    public static let baseRangeBytes = 4 << 20
    /// Entries of the tree: files, directories, links.
    public static let treeEntries = 100_000
    /// Bytes of the archive stream.
    public static let streamBytes: Int64 = 1 << 40
    /// Bytes of the pack.
    public static let packBytes: Int64 = 1 << 40
}
