/// How a chunk is stored best, of what an encoder has tried.
public struct ChunkChoice: Sendable, Equatable {
    /// The codec.
    public var codec: ChunkCodec
    /// Its width; 0 for codecs without.
    public var width: Int
    /// How numbers are arranged.
    public var layout: ChunkLayout
    /// The stored bytes before they are sealed; empty for `copy`.
    public var coded: [UInt8]

    /// Makes a choice.
    public init(
        codec: ChunkCodec, width: Int = 0, layout: ChunkLayout = .plain, coded: [UInt8]
    ) {
        self.codec = codec
        self.width = width
        self.layout = layout
        self.coded = coded
    }
}

/// A way to arrange a chunk's numbers, and what it is expected to cost.
struct Arrangement: Equatable {
    /// `planes` or `difference`.
    var codec: ChunkCodec
    var width: Int
    var layout: ChunkLayout
    /// Bytes.
    var estimate = 0

    /// Whether another differs in its phase alone.
    func resembles(_ other: Arrangement) -> Bool {
        codec == other.codec && width == other.width
            && layout.rawValue & 15 == other.layout.rawValue & 15
    }
}
