import Faults
import Sealing
import TestKit
import Testing

@testable import Bundle

private func entry(_ length: Int, codec: ChunkCodec = .zstd) throws -> IndexEntry {
    IndexEntry(
        codec: codec, plainLength: length, plainDigest: try SHA256.digest(of: []), stored: nil)
}

private func encode(_ plain: [UInt8], level: Int = 3) throws -> [UInt8] {
    var encoder = try ChunkEncoder(level: level)
    return try encoder.encode(plain.span)
}

/// Decodes a chunk that has no base.
private func plainly(
    _ decoder: inout ChunkDecoder, _ coded: [UInt8], _ entry: IndexEntry, _ plain: inout [UInt8]
) throws {
    let nothing: [UInt8] = []
    try decoder.decode(coded.span, as: entry, base: nothing.span, into: &plain)
}

private func decode(_ coded: [UInt8], _ length: Int) throws -> [UInt8] {
    var decoder = try ChunkDecoder()
    var plain = [UInt8](repeating: 0xEE, count: length + 3)
    try decoder.decode(coded.span, as: try entry(length), base: none.span, into: &plain)
    // Nothing is written past what the index says.
    #expect(plain.suffix(3) == [0xEE, 0xEE, 0xEE])
    return Array(plain[..<length])
}

/// A frame header of single-segment form that claims a content size, then one RLE block.
private func frame(claiming size: UInt64, block: UInt64, blockType: UInt64 = 1) -> [UInt8] {
    [0x28, 0xB5, 0x2F, 0xFD, 0xE0] + little(size, 8) + little(block << 3 | blockType << 1 | 1, 3)
        + [0x41]
}

/// The base of a chunk that has none.
private let none: [UInt8] = []

@Suite struct ChunkCodecTests {
    @Test(arguments: SeededGenerator.seeds(6))
    func `a chunk decodes to what was encoded`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for length in [1, 2, 512, Int.random(in: 1...100_000, using: &random)] {
            let noise = random.bytes(length)
            let text = [UInt8](repeating: noise[0], count: length)
            for plain in [noise, text] {
                let coded = try encode(plain, level: Int.random(in: 1...19, using: &random))
                #expect(try decode(coded, length) == plain, "seed \(seed)")
            }
        }
    }

    @Test func `the largest chunk of noise fits the limit of stored bytes with its seal`() throws {
        var random = SeededGenerator(seed: 3)
        let plain = random.bytes(BundleLimits.chunkBytes)
        let coded = try encode(plain)
        #expect(coded.count + ChunkCipher.overhead <= BundleLimits.storedChunkBytes)
        #expect(try decode(coded, plain.count) == plain)
    }

    @Test func `the same bytes are encoded the same again and by another encoder`() throws {
        let plain = Array("the same bytes, the same bytes, the same bytes".utf8)
        var encoder = try ChunkEncoder(level: 9)
        let first = try encoder.encode(plain.span)
        _ = try encoder.encode(Array("something between".utf8).span)
        #expect(try encoder.encode(plain.span) == first)
        #expect(try encode(plain, level: 9) == first)
    }

    @Test func `a decoder works on after a chunk that did not decode`() throws {
        var decoder = try ChunkDecoder()
        let plain = [UInt8](repeating: 1, count: 1000)
        let coded = try encode(plain)
        var out = [UInt8](repeating: 0, count: 1000)
        let half = Array(coded.dropLast(2))
        #expect(throws: Fault.self) {
            try decoder.decode(half.span, as: try entry(1000), base: none.span, into: &out)
        }
        try decoder.decode(coded.span, as: try entry(1000), base: none.span, into: &out)
        #expect(out == plain)
    }

    @Test(arguments: [0, -1, 23, Int.min, Int.max])
    func `a level that zstd does not have is refused`(level: Int) throws {
        #expect(try fault { _ = try ChunkEncoder(level: level) }.code == .source)
    }

    @Test func `a chunk of another length than the index says is refused`() throws {
        let coded = try encode([UInt8](repeating: 7, count: 1000))
        for length in [1, 999, 1001, BundleLimits.chunkBytes] {
            let fault = try fault { _ = try decode(coded, length) }
            #expect(fault.code == .malformed)
            expectSentence(fault)
        }
    }

    @Test func `a frame that claims or holds more than it may is refused`() throws {
        let million: UInt64 = 100_000
        // Honest as far as it goes: 100,000 bytes from 17.
        #expect(
            try decode(frame(claiming: million, block: million), 100_000).allSatisfy { $0 == 65 })
        for (claimed, block, length) in [
            (UInt64.max - 2, million, 100_000), (UInt64(1) << 62, million, 100_000),
            (million, million, 5), (5, million, 5), (million, 5, 100_000), (0, million, 100_000),
            (million, 0x1F_FFFF, 100_000),
        ] {
            let bytes = frame(claiming: claimed, block: block)
            guard
                let fault = #expect(
                    throws: Fault.self, "\(claimed), \(block), \(length)",
                    performing: { _ = try decode(bytes, length) })
            else { continue }
            #expect(fault.code == .malformed)
            #expect(fault.cause != nil || fault.message.contains("bytes"))
        }
    }

    @Test func `a stored chunk is one frame: none, two, a skipped or an old one are refused`()
        throws
    {
        let plain = [UInt8](repeating: 9, count: 50)
        let coded = try encode(plain)
        let skipped: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 1, 2]
        let empty = try encode([])
        for (bytes, length) in [
            ([], 1), (empty, 1), (coded + coded, 100), (coded + empty, 50), (empty + coded, 50),
            (skipped + coded, 50), (coded + skipped, 50), (skipped, 1), (coded + [0], 50),
            // zstd 0.7's magic number.
            ([0x27] + coded.dropFirst(), 50), (Array(coded.prefix(4)), 50),
        ] {
            let fault = try fault { _ = try decode(bytes, length) }
            #expect(fault.code == .malformed)
        }
    }

    @Test func `a frame that wants a dictionary is refused`() throws {
        // Single segment, a dictionary id of one byte, a content size of one byte.
        let bytes: [UInt8] =
            [0x28, 0xB5, 0x2F, 0xFD, 0x21, 0x07, 5, 0x29, 0, 0] + Array("hello".utf8)
        #expect(try fault { _ = try decode(bytes, 5) }.code == .malformed)
    }

    @Test func `a flipped bit or a truncation never writes elsewhere`() throws {
        var random = SeededGenerator(seed: 8)
        let plain = (0..<400).map { UInt8(truncatingIfNeeded: $0 / 7) } + random.bytes(50)
        let coded = try encode(plain)
        everyFlip(coded) { bytes, _ in _ = try? decode(bytes, plain.count) }
        for count in coded.indices {
            let part = Array(coded[..<count])
            #expect(try fault { _ = try decode(part, plain.count) }.code == .malformed)
        }
    }

    @Test(arguments: SeededGenerator.seeds(20))
    func `garbage is refused`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            var bytes = random.bytes(Int.random(in: 0...200, using: &random))
            if bytes.count > 4 { bytes.replaceSubrange(0..<4, with: [0x28, 0xB5, 0x2F, 0xFD]) }
            _ = try? decode(bytes, Int.random(in: 1...1000, using: &random))
        }
    }

    @Test func `a window of more than 8 MiB is refused`() throws {
        // Not a single segment; window descriptor; one raw block of five bytes.
        func bytes(_ window: UInt8) -> [UInt8] {
            [0x28, 0xB5, 0x2F, 0xFD, 0x00, window, 0x29, 0, 0] + Array("hello".utf8)
        }
        #expect(try decode(bytes(13 << 3), 5) == Array("hello".utf8))
        for window: UInt8 in [13 << 3 | 1, 14 << 3, 20 << 3] {
            #expect(try fault { _ = try decode(bytes(window), 5) }.message.contains("window"))
        }
    }

    @Test func `a buffer that is too small is our own mistake`() throws {
        var decoder = try ChunkDecoder()
        var plain = [UInt8](repeating: 0, count: 9)
        let coded = try encode([UInt8](repeating: 0, count: 10))
        let fault = #expect(throws: Fault.self) {
            try decoder.decode(coded.span, as: try entry(10), base: none.span, into: &plain)
        }
        #expect(fault?.code == .internalError)
    }
}
