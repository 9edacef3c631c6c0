/// What a frame of `planes` or `difference` holds, and where its blocks should end.
struct ChunkContent {
    /// The content.
    let bytes: [UInt8]
    /// Where runs of one statistic end.
    let cuts: [Int]

    /// Arranges a chunk; width, layout and lengths were checked.
    init(
        _ plain: Span<UInt8>, base: Span<UInt8>?, width: Int, layout: ChunkLayout, cuts: BlockCuts
    ) {
        let stream = ChunkContent.stream(plain, base: base, width: width, layout: layout)
        let runs = cuts.runs(of: stream.span, exactly: layout.isPacked)
        self.init(stream, runs: runs, packed: layout.isPacked, cuts: cuts)
    }

    /// Takes a stream that was cut into runs.
    init(_ stream: [UInt8], runs: [BlockCuts.Run], packed: Bool, cuts: BlockCuts) {
        guard packed else {
            bytes = stream
            self.cuts = runs.map { $0.end }
            return
        }
        var writer = PackedWriter(stream, runs: runs)
        if !writer.isAcceptable(for: stream.count) {
            let whole = BlockCuts.Run(start: 0, end: stream.count, cost: 0, packed: 0)
            writer = PackedWriter(stream, runs: [whole])
        }
        bytes = writer.content
        self.cuts = ChunkContent.refine(writer, cuts)
    }

    /// The ends of a packed content's parts, and the cuts within them.
    private static func refine(_ writer: PackedWriter, _ cuts: BlockCuts) -> [Int] {
        var result: [Int] = []
        var start = 0
        for end in writer.ends {
            let part = writer.content.span.extracting(start..<end)
            for run in cuts.runs(of: part, exactly: false) { result.append(start + run.end) }
            start = end
        }
        return result
    }

    /// The stream of a chunk.
    static func stream(
        _ plain: Span<UInt8>, base: Span<UInt8>?, width: Int, layout: ChunkLayout
    ) -> [UInt8] {
        unsafe plain.withUnsafeBufferPointer { plain in
            guard let base else {
                return unsafe NumberSplitting.arrange(
                    plain, base: nil, width: width, layout: layout)
            }
            return unsafe base.withUnsafeBufferPointer { base in
                unsafe NumberSplitting.arrange(plain, base: base, width: width, layout: layout)
            }
        }
    }

    /// Whether two spans hold the same bytes.
    static func isSame(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
        guard one.count == other.count else { return false }
        for index in one.indices where one[index] != other[index] { return false }
        return true
    }
}
