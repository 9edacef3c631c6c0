public import Sealing

/// How a chunk's stored bytes become its plain bytes.
///
/// All codecs belong to format version 1; what a release decodes is said by ``ChunkDecoder``.
public enum ChunkCodec: UInt8, Sendable, CaseIterable {
    /// One Zstandard frame (RFC 8878), and nothing after it.
    case zstd = 1
    /// Numbers of `width` bytes regrouped by significance, then `zstd`.
    case planes = 2
    /// Numbers minus the same range of the base, zig-zag, regrouped, then `zstd`.
    case difference = 3
    /// `zstd` with a base range as raw-content dictionary.
    case dictionary = 4
    /// The base range itself; nothing is stored.
    case copy = 5

    /// Whether the codec stores bytes in the pack.
    public var isStored: Bool { self != .copy }
    /// Whether the codec reads a range of the base.
    public var hasBase: Bool { self == .difference || self == .dictionary || self == .copy }
    /// Whether the codec has a number's width.
    public var hasWidth: Bool { self == .planes || self == .difference }
}

/// One chunk of the archive stream, as the index describes it.
public struct IndexEntry: Sendable, Equatable {
    /// Where a chunk's stored bytes are.
    public struct Stored: Sendable, Equatable {
        /// Offset in the pack, in bytes.
        public var position: Int64
        /// How many bytes, with the seal's tag.
        public var length: Int
        /// SHA-256 of the stored bytes.
        public var digest: Digest
        /// The number under which it was sealed: that of the first chunk that stores these bytes;
        /// `nil` where it is not sealed.
        public var sealNumber: UInt32?

        /// Makes a place.
        public init(position: Int64, length: Int, digest: Digest, sealNumber: UInt32?) {
            self.position = position
            self.length = length
            self.digest = digest
            self.sealNumber = sealNumber
        }
    }

    /// A range of a file of the version that a delta builds on.
    public struct BaseRange: Sendable, Equatable {
        /// Number of the path among the index's base paths.
        public var path: UInt32
        /// Offset in that file, in bytes.
        public var offset: Int64
        /// How many bytes.
        public var length: Int
        /// SHA-256 of the range, checked before it is used.
        public var digest: Digest

        /// Makes a range.
        public init(path: UInt32, offset: Int64, length: Int, digest: Digest) {
            self.path = path
            self.offset = offset
            self.length = length
            self.digest = digest
        }
    }

    /// How stored bytes become plain ones.
    public var codec: ChunkCodec
    /// Bytes of a number, 1 to 16, for codecs that have a width; otherwise 0.
    ///
    /// With the layout ``ChunkLayout/columns`` a period, 2 to 255.
    public var width: Int
    /// How the numbers are arranged; ``ChunkLayout/plain`` for codecs without a width.
    public var layout: ChunkLayout
    /// Plain bytes, 1 to ``BundleLimits/chunkBytes``.
    public var plainLength: Int
    /// SHA-256 of the plain bytes.
    public var plainDigest: Digest
    /// Where it is stored; `nil` for `copy` alone.
    public var stored: Stored?
    /// The base range; `nil` where the codec has none.
    public var base: BaseRange?

    /// Makes an entry.
    public init(
        codec: ChunkCodec, width: Int = 0, layout: ChunkLayout = .plain, plainLength: Int,
        plainDigest: Digest, stored: Stored?, base: BaseRange? = nil
    ) {
        self.codec = codec
        self.width = width
        self.layout = layout
        self.plainLength = plainLength
        self.plainDigest = plainDigest
        self.stored = stored
        self.base = base
    }
}
