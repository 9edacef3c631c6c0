import Sealing
import Testing

@testable import Building

/// Bytes that look random and are the same each time.
func noise(_ count: Int, seed: UInt64) -> [UInt8] {
    var state = seed
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: state >> shift))
        }
    }
    return Array(bytes.prefix(count))
}

@Suite struct ChunkerTests {
    private let sizes: ChunkSizes

    init() throws { sizes = try ChunkSizes(average: 4096) }

    private func chunks(_ bytes: [UInt8], pieces: [Int] = []) -> [[UInt8]] {
        var chunker = Chunker(sizes)
        var chunks: [[UInt8]] = []
        var start = 0
        for piece in pieces where piece > start && piece < bytes.count {
            chunks += chunker.push(Array(bytes[start..<piece]).span)
            start = piece
        }
        chunks += chunker.push(Array(bytes[start...]).span)
        if let last = chunker.cut() { chunks.append(last) }
        return chunks
    }

    @Test func `the table of the rolling hash never changes`() throws {
        let bytes = GearTable.values.flatMap { value in
            stride(from: UInt64(0), to: 64, by: 8).map { UInt8(truncatingIfNeeded: value >> $0) }
        }
        #expect(
            try SHA256.digest(of: bytes).hex
                == "c7884b6188ae54b2d37e931f90380a32a54e16dde752ad9a9033bac8846d9dfd")
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `the same bytes give the same chunks however they come in`(seed: UInt64) {
        let bytes = noise(200_000, seed: seed)
        var random = SystemRandomNumberGenerator()
        let pieces = (0..<50).map { _ in Int.random(in: 0..<bytes.count, using: &random) }.sorted()
        #expect(chunks(bytes) == chunks(bytes, pieces: pieces))
    }

    @Test(arguments: [0, 1, 1023, 1024, 4095, 4096, 16_384, 16_385, 500_000])
    func `chunks keep their bounds and lose nothing`(count: Int) {
        for bytes in [noise(count, seed: 7), [UInt8](repeating: 0, count: count)] {
            let chunks = chunks(bytes)
            #expect(chunks.joined().elementsEqual(bytes))
            #expect(chunks.allSatisfy { $0.count <= sizes.maximum && !$0.isEmpty })
            #expect(chunks.dropLast().allSatisfy { $0.count >= sizes.minimum })
        }
    }

    @Test func `chunks have about the average size`() {
        let count = chunks(noise(8 << 20, seed: 3)).count
        let average = (8 << 20) / count
        #expect((sizes.average / 2...sizes.average * 2).contains(average))
    }

    @Test(arguments: [0, 1, 5000, 100_000, 399_999])
    func `an insertion changes only the chunks around it`(position: Int) {
        let bytes = noise(400_000, seed: 11)
        var longer = bytes
        longer.insert(contentsOf: noise(37, seed: 5), at: position)
        let before = Set(chunks(bytes))
        let new = chunks(longer).filter { !before.contains($0) }
        #expect(new.count <= 4)
    }

    @Test func `a cut by hand starts a chunk whose cuts depend on nothing before`() {
        let first = noise(10_000, seed: 1)
        let second = noise(100_000, seed: 2)
        var chunker = Chunker(sizes)
        _ = chunker.push(first.span)
        _ = chunker.cut()
        var after = chunker.push(second.span)
        if let last = chunker.cut() { after.append(last) }
        #expect(after == chunks(second))
    }

    @Test(arguments: [0, 3, 4095, 5000, 1 << 20])
    func `an average that is no power of two in bounds is refused`(average: Int) {
        #expect(throws: (any Error).self) { try ChunkSizes(average: average) }
    }
}
