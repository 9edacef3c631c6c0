/// Cuts a stream into chunks at places that its content decides, so that an insertion moves few cuts.
///
/// This is FastCDC (Xia and others, 2016): a gear hash over the last 64 bytes, no cut below the
/// smallest size, and two masks around the average. The same bytes and cuts by hand give the same
/// chunks, however the bytes come in.
struct Chunker: ~Copyable {
    private let sizes: ChunkSizes
    private let gear: [UInt64]
    private let maskBefore: UInt64
    private let maskAfter: UInt64
    private var chunk: [UInt8] = []
    private var hash: UInt64 = 0

    init(_ sizes: ChunkSizes) {
        self.sizes = sizes
        gear = GearTable.values
        maskBefore = Chunker.mask(sizes.bits.before)
        maskAfter = Chunker.mask(sizes.bits.after)
        chunk.reserveCapacity(sizes.maximum)
    }

    // The upper bits are those that all of the last 64 bytes have had a part in.
    private static func mask(_ bits: Int) -> UInt64 { ~UInt64(0) << UInt64(64 - bits) }

    /// Takes in more bytes.
    ///
    /// - Parameter bytes: any number of them.
    /// - Returns: the chunks that are complete now.
    mutating func push(_ bytes: Span<UInt8>) -> [[UInt8]] {
        var chunks: [[UInt8]] = []
        var start = 0
        while start < bytes.count {
            let end = next(bytes, from: start)
            Chunker.append(bytes, start..<end.position, to: &chunk)
            start = end.position
            if end.isCut, let whole = cut() { chunks.append(whole) }
        }
        return chunks
    }

    /// Ends the current chunk here.
    ///
    /// - Returns: the chunk; `nil` where it has no bytes yet.
    mutating func cut() -> [UInt8]? {
        guard !chunk.isEmpty else { return nil }
        hash = 0
        // A copy of the exact size, so that small chunks that wait hold no large buffers.
        let whole = unsafe chunk.withUnsafeBufferPointer { unsafe Array($0) }
        chunk.removeAll(keepingCapacity: true)
        return whole
    }

    /// How far the current chunk goes on in `bytes`, and whether it ends there.
    private mutating func next(
        _ bytes: Span<UInt8>, from start: Int
    ) -> (position: Int, isCut: Bool) {
        // Where in `bytes` the chunk reaches each of its sizes.
        let origin = start - chunk.count
        let end = min(bytes.count, origin + sizes.maximum)
        var position = max(start, min(end, origin + sizes.minimum))
        let middle = min(end, origin + sizes.average)
        if position < middle, let cut = scan(bytes, position..<middle, maskBefore) {
            return (cut, true)
        }
        position = max(position, middle)
        if position < end, let cut = scan(bytes, position..<end, maskAfter) { return (cut, true) }
        return (end, end == origin + sizes.maximum)
    }

    /// The position after the first byte at which the hash ends in a cut.
    private mutating func scan(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ mask: UInt64
    ) -> Int? {
        let table = gear
        let gear = table.span
        var hash = hash
        var position = range.lowerBound
        let end = range.upperBound
        // One look-up and no call a byte, also without the optimiser.
        while position < end {
            hash = (hash &<< 1) &+ gear[Int(truncatingIfNeeded: bytes[position])]
            position &+= 1
            if hash & mask == 0 { return position }
        }
        self.hash = hash
        return nil
    }

    private static func append(_ bytes: Span<UInt8>, _ range: Range<Int>, to array: inout [UInt8]) {
        unsafe bytes.extracting(range).withUnsafeBufferPointer {
            unsafe array.append(contentsOf: $0)
        }
    }
}
