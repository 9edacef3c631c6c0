import Bundle
import Faults
import Sealing
import TestKit
import Testing

/// A chunk coded with one codec, and how it decodes.
struct CodedChunk {
    var entry: IndexEntry
    var coded: [UInt8]
    var base: [UInt8]

    init(
        _ plain: [UInt8], _ codec: ChunkCodec, width: Int = 0, layout: ChunkLayout = .plain,
        base: [UInt8] = [], level: Int = 1
    ) throws {
        var encoder = try ChunkEncoder(level: level)
        coded = try encoder.encode(
            plain.span, as: codec, width: width, layout: layout, base: base.span)
        entry = try CodedChunk.entry(codec, width, layout, plain.count)
        self.base = base
    }

    init(entry: IndexEntry, coded: [UInt8], base: [UInt8]) {
        self.entry = entry
        self.coded = coded
        self.base = base
    }

    static func entry(
        _ codec: ChunkCodec, _ width: Int, _ layout: ChunkLayout, _ length: Int
    ) throws -> IndexEntry {
        IndexEntry(
            codec: codec, width: width, layout: layout, plainLength: length,
            plainDigest: try SHA256.digest(of: []), stored: nil)
    }

    func decoded(by decoder: inout ChunkDecoder) throws(Fault) -> [UInt8] {
        var plain = [UInt8](repeating: 0xEE, count: entry.plainLength + 9)
        try decoder.decode(coded.span, as: entry, base: base.span, into: &plain)
        guard plain.suffix(9).allSatisfy({ $0 == 0xEE }) else {
            throw Fault(.internalError, "Bytes past the chunk were written.")
        }
        return Array(plain.dropLast(9))
    }
}

extension SeededGenerator {
    /// Bytes of one of several kinds, and bytes that they might have come from.
    mutating func pair(_ count: Int) -> (plain: [UInt8], base: [UInt8]) {
        let base = bytes(count)
        switch Int.random(in: 0...4, using: &self) {
        case 0: return (bytes(count), base)
        case 1: return (base, base)
        case 2: return (base.map { $0 &+ (next() % 8 == 0 ? 1 : 0) }, base)
        case 3: return (base.map { $0 &- UInt8(truncatingIfNeeded: next() % 3) }, base)
        default: return ([UInt8](repeating: base[0], count: count), base)
        }
    }
}

@Suite struct ChunkLayoutTests {
    @Test(arguments: SeededGenerator.seeds(12))
    func `every width, layout and length decodes to what was encoded`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var decoder = try ChunkDecoder()
        for codec in [ChunkCodec.planes, .difference] {
            for length in [1, 2, 7, 17, 1023, 1024, 1025, 3000, 9001].shuffled(using: &random) {
                for _ in 0..<8 {
                    let (plain, base) = random.pair(length)
                    let (width, layout) = random.arrangement(codec, length)
                    let chunk = try CodedChunk(
                        plain, codec, width: width, layout: layout, base: base)
                    let decoded = try chunk.decoded(by: &decoder)
                    #expect(
                        decoded == plain,
                        "seed \(seed) \(codec) \(length) \(width) \(layout.rawValue)")
                }
            }
        }
    }

    @Test(arguments: zip([1, 2, 3, 4, 8, 16, 34], [2, 1, 0, 8, 0x33, 0xF0, 6] as [UInt8]))
    func `the longest chunk decodes`(width: Int, layout: UInt8) throws {
        var random = SeededGenerator(seed: 11)
        var decoder = try ChunkDecoder()
        let layout = ChunkLayout(rawValue: layout)
        let base = random.bytes(BundleLimits.chunkBytes)
        for (codec, plain) in [
            (ChunkCodec.planes, base), (.difference, base.map { $0 &+ ($0 < 20 ? 1 : 0) }),
        ] where layout.isAcceptable(for: codec, width: width, plainLength: base.count) {
            let chunk = try CodedChunk(plain, codec, width: width, layout: layout, base: base)
            #expect(chunk.coded.count + ChunkCipher.overhead <= BundleLimits.storedChunkBytes)
            let decoded = try chunk.decoded(by: &decoder)
            #expect(decoded == plain)
        }
    }

    @Test func `the format's arrangement is the documented one, byte for byte`() throws {
        func stream(
            _ plain: [UInt8], _ codec: ChunkCodec, _ width: Int, _ layout: ChunkLayout,
            _ base: [UInt8] = []
        ) throws -> [UInt8] {
            let chunk = try CodedChunk(plain, codec, width: width, layout: layout, base: base)
            var decoder = try ChunkDecoder()
            // What the frame holds, read as a chunk of zstd of whatever length fits.
            var frame = chunk
            frame.base = []
            for length in 1...1200 {
                frame.entry = try CodedChunk.entry(.zstd, 0, .plain, length)
                if let content = try? frame.decoded(by: &decoder) { return content }
            }
            return []
        }
        let plain: [UInt8] = [1, 2, 3, 4, 5]
        #expect(try stream(plain, .planes, 2, .plain) == [1, 3, 2, 4, 5])
        #expect(try stream(plain, .planes, 2, .phase(1)) == [2, 4, 3, 5, 1])
        #expect(try stream(plain, .planes, 3, .columns) == [1, 4, 2, 5, 3])
        #expect(try stream([0x01, 0x80, 0xFF], .planes, 2, .rotated) == [0x03, 0x00, 0xFF])
        // 0x0105 − 0x0106 = −1, then 0x0200 − 0x01FF = 1.
        let base: [UInt8] = [6, 1, 0xFF, 1]
        #expect(try stream([5, 1, 0, 2], .difference, 2, .plain, base) == [1, 2, 0, 0])
        // Pairs before: 00 00, 00 02, 02 01, 01 02; then in their order 00 00, 00 02, 01 02, 02 01.
        #expect(
            try stream([3, 1, 4, 1], .difference, 1, .grouped, [2, 1, 2, 0]) == [2, 0, 2, 4])
        // The groups are 0x80 and 0x02: the second number comes first.
        let other: [UInt8] = [0, 0x40, 0, 0x81]
        #expect(
            try stream([1, 0x40, 2, 0x81], .difference, 2, .grouped, other) == [4, 2, 0, 0])
        #expect(try stream([5, 1, 0, 2], .difference, 2, .columns, base) == [1, 2, 0, 2])
        // One packed unit of 16 bytes: map, occupancy, large, low bits, rest.
        var small = [UInt8](repeating: 0, count: 1024)
        small[3] = 1
        small[9] = 2
        small[15] = 7
        small[1000] = 10
        let content = try stream(small, .planes, 1, .packed)
        var expected: [UInt8] = [1] + [UInt8](repeating: 0, count: 128)
        (expected[1], expected[2], expected[126]) = (0x08, 0x82, 0x01)
        #expect(content == expected + [0x0C, 0x0A, 2, 3])
    }

    @Test func `a dictionary is raw content, wherever the match stands`() throws {
        var random = SeededGenerator(seed: 5)
        var decoder = try ChunkDecoder()
        let base = random.bytes(BundleLimits.baseRangeBytes)
        for start in [0, 1_000_003, base.count - 50_000] {
            let plain = Array(base[start..<(start + 50_000)])
            for level in [1, 9] {
                let chunk = try CodedChunk(plain, .dictionary, base: base, level: level)
                #expect(chunk.coded.count < 200)
                let decoded = try chunk.decoded(by: &decoder)
                #expect(decoded == plain)
            }
        }
        // The magic number of a trained dictionary has no meaning here.
        let trained: [UInt8] = [0x37, 0xA4, 0x30, 0xEC] + random.bytes(500)
        let chunk = try CodedChunk(trained.map { $0 }, .dictionary, base: trained)
        #expect(chunk.coded.count < 100)
        let decoded = try chunk.decoded(by: &decoder)
        #expect(decoded == trained)
    }

    @Test func `a dictionary is used once`() throws {
        var random = SeededGenerator(seed: 6)
        var decoder = try ChunkDecoder()
        let base = random.bytes(5000)
        var chunk = try CodedChunk(base.map { $0 }, .dictionary, base: base)
        #expect(chunk.coded.count < 100)
        _ = try chunk.decoded(by: &decoder)
        chunk.entry.codec = .zstd
        let fault = #expect(throws: Fault.self) { _ = try chunk.decoded(by: &decoder) }
        #expect(fault?.code == .malformed)
    }

    @Test func `a copy is the base range, and nothing is stored`() throws {
        var decoder = try ChunkDecoder()
        let base = Array("the base".utf8)
        var chunk = try CodedChunk(base, .copy, base: base)
        #expect(chunk.coded.isEmpty)
        let decoded = try chunk.decoded(by: &decoder)
        #expect(decoded == base)
        chunk.coded = [1]
        let fault = #expect(throws: Fault.self) { _ = try chunk.decoded(by: &decoder) }
        #expect(fault?.code == .malformed)
    }
}
