import Faults
import TestKit
import Testing

@testable import Bundle

/// Bytes that no encoder of ours makes.
///
/// Scratch memory and target have guard bytes of their own or
/// are watched by the address sanitizer; every refusal is one of the documented codes.
@Suite struct HostileChunkTests {
    private static let kinds: [ChunkCodec] = [.planes, .difference, .dictionary]

    private func expectHarmless(
        _ chunk: CodedChunk, _ decoder: inout ChunkDecoder, _ comment: Comment
    ) {
        do throws(Fault) {
            _ = try chunk.decoded(by: &decoder)
        } catch {
            #expect(error.code == .malformed || error.code == .baseDamaged, comment)
            expectSentence(error)
        }
    }

    @Test(arguments: SeededGenerator.seeds(6))
    func `truncated, mutated and random bytes are refused or decode within bounds`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        var decoder = try ChunkDecoder()
        for codec in HostileChunkTests.kinds {
            for _ in 0..<12 {
                let (plain, base) = random.pair(Int.random(in: 1...6000, using: &random))
                let (width, layout) = random.arrangement(codec, plain.count)
                let good = try CodedChunk(plain, codec, width: width, layout: layout, base: base)
                for _ in 0..<40 {
                    var bad = good
                    switch Int.random(in: 0...2, using: &random) {
                    case 0:
                        bad.coded.removeLast(
                            Int.random(in: 1...bad.coded.count, using: &random))
                    case 1:
                        let place = Int.random(in: 0..<bad.coded.count, using: &random)
                        bad.coded[place] ^= UInt8.random(in: 1...255, using: &random)
                    default:
                        bad.coded = [0x28, 0xB5, 0x2F, 0xFD] + random.bytes(bad.coded.count)
                    }
                    expectHarmless(bad, &decoder, "seed \(seed)")
                }
                // The decoder has kept nothing of what it refused.
                let decoded = try good.decoded(by: &decoder)
                #expect(decoded == plain, "seed \(seed)")
            }
        }
    }

    /// Honest frames around content that is not: what a compressor never sees.
    @Test(arguments: SeededGenerator.seeds(8))
    func `packed content of any bytes is refused or decodes within bounds`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var decoder = try ChunkDecoder()
        var encoder = try ChunkEncoder(level: 1)
        for _ in 0..<150 {
            let length = Int.random(in: 1...5000, using: &random)
            var content = random.bytes(
                Int.random(in: 0...(length + 3), using: &random))
            // Sparse maps and masks get further.
            for index in content.indices where random.next() % 4 != 0 { content[index] = 0 }
            if !content.isEmpty, random.next() % 2 == 0 { content[0] = 1 }
            let coded = try encoder.encode(content.span)
            var chunk = CodedChunk(
                entry: try CodedChunk.entry(.planes, 1, .packed, length), coded: coded, base: [])
            expectHarmless(chunk, &decoder, "seed \(seed)")
            chunk.entry.codec = .difference
            chunk.base = random.bytes(length)
            expectHarmless(chunk, &decoder, "seed \(seed)")
        }
    }

    @Test func `packed content must add up, to the bit`() throws {
        var encoder = try ChunkEncoder(level: 1)
        var decoder = try ChunkDecoder()
        // A unit of ten bytes, of which number 1 is 1 and number 9 is 5.
        let right: [UInt8] = [1, 0x02, 0x02, 0x02, 0x00, 1]
        func decode(_ content: [UInt8], _ length: Int = 10) throws -> [UInt8] {
            let coded = try encoder.encode(content.span)
            return try CodedChunk(
                entry: try CodedChunk.entry(.planes, 1, .packed, length), coded: coded, base: []
            ).decoded(by: &decoder)
        }
        #expect(try decode(right) == [0, 1, 0, 0, 0, 0, 0, 0, 0, 5])
        for (place, value) in [
            (0, 3), (0, 0x81), (2, 0x06), (2, 0x00), (3, 0x03), (3, 0x04), (3, 0),
            (4, 0x04),
        ] {
            var wrong = right
            wrong[place] = UInt8(value)
            let fault = #expect(throws: Fault.self, "\(place): \(value)") {
                _ = try decode(wrong)
            }
            #expect(fault?.code == .malformed)
        }
        for wrong in [Array(right.dropLast()), right + [0], [0], [1], []] {
            #expect(throws: Fault.self) { _ = try decode(wrong) }
        }
        // Nothing packed: the map, then the bytes; one byte more than the chunk has is too much.
        #expect(try decode([0, 7, 8], 2) == [7, 8])
        #expect(throws: Fault.self) { _ = try decode([0, 7, 8, 9], 2) }
    }

    @Test func `the largest packed chunk decodes, and one with every value at its largest`() throws
    {
        let length = BundleLimits.chunkBytes
        var encoder = try ChunkEncoder(level: 1)
        var decoder = try ChunkDecoder()
        // Every unit packed, nothing occupied; then all that content of that length can hold.
        var content = [UInt8](repeating: 0xFF, count: PackedReader.mapBytes(of: length))
        content += [UInt8](repeating: 0, count: length / 8)
        for fill in [UInt8(0), 0xFF] {
            for index in PackedReader.mapBytes(of: length)..<content.count { content[index] = fill }
            if fill == 0xFF {
                content += [UInt8](repeating: 0, count: length / 8)
                content += [UInt8](repeating: 0xFF, count: length / 8)
            }
            let coded = try encoder.encode(content.span)
            let chunk = CodedChunk(
                entry: try CodedChunk.entry(.planes, 1, .packed, length), coded: coded, base: [])
            let decoded = try chunk.decoded(by: &decoder)
            #expect(decoded.allSatisfy { $0 == (fill == 0 ? 0 : 2) })
        }
    }

    @Test func `a base of another length than the codec needs is refused`() throws {
        var random = SeededGenerator(seed: 2)
        var decoder = try ChunkDecoder()
        let base = random.bytes(1000)
        for (codec, lengths) in [
            (ChunkCodec.difference, [0, 1, 999, 1001]), (.copy, [0, 1, 999, 1001]),
            (.dictionary, [0, BundleLimits.baseRangeBytes + 1]),
        ] {
            let width = codec.hasWidth ? 2 : 0
            var chunk = try CodedChunk(base, codec, width: width, base: base)
            for length in lengths {
                chunk.base = [UInt8](repeating: 1, count: length)
                let fault = try fault { _ = try chunk.decoded(by: &decoder) }
                #expect(fault.code == .baseDamaged)
                expectSentence(fault)
            }
        }
    }

    @Test func `another base of the right length decodes to something else, within bounds`() throws
    {
        var random = SeededGenerator(seed: 4)
        var decoder = try ChunkDecoder()
        for codec in [ChunkCodec.difference, .dictionary] {
            for _ in 0..<60 {
                let (plain, base) = random.pair(3000)
                let (width, layout) = random.arrangement(codec, 3000)
                var chunk = try CodedChunk(plain, codec, width: width, layout: layout, base: base)
                chunk.base = random.bytes(3000)
                expectHarmless(chunk, &decoder, "\(codec) \(layout.rawValue)")
            }
        }
    }

    @Test func `an entry whose fields do not go together is refused before anything is read`()
        throws
    {
        var decoder = try ChunkDecoder()
        let plain = [UInt8](repeating: 3, count: 100)
        let good = try CodedChunk(plain, .planes, width: 2)
        for (width, layout, length) in [
            (0, 0, 100), (17, 0, 100), (256, 4, 100), (1, 4, 100), (2, 1, 100), (2, 0x20, 100),
            (3, 8, 100), (2, 0, 0), (2, 0, -1), (-1, 0, 100),
        ] {
            var bad = good
            bad.entry.width = width
            bad.entry.layout = ChunkLayout(rawValue: UInt8(layout))
            bad.entry.plainLength = length
            var out = [UInt8](repeating: 0xEE, count: 100)
            let fault = #expect(throws: Fault.self, "\(width) \(layout) \(length)") {
                try decoder.decode(bad.coded.span, as: bad.entry, base: bad.base.span, into: &out)
            }
            #expect(fault?.code == .malformed)
            #expect(out.allSatisfy { $0 == 0xEE })
        }
    }
}
