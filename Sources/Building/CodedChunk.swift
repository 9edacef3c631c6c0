internal import Bundle

/// A chunk as it will be stored.
struct CodedChunk: Sendable {
    /// How.
    let codec: ChunkCodec
    /// The width of the codec's numbers; 0 where it has none.
    var width = 0
    /// How they are arranged.
    var layout = ChunkLayout.plain
    /// What is stored, before sealing; empty for `copy`.
    var coded: [UInt8] = []
    /// What of the base it is made from; `nil` where nothing is.
    var base: IndexEntry.BaseRange?
}
