import Bundle
import Faults
import Sealing
import TestKit
import Testing

/// The fault that a body throws.
func fault(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) throws -> Fault {
    try #require(throws: Fault.self, sourceLocation: sourceLocation, performing: body)
}

/// A fault must say what it is about, in a sentence.
func expectSentence(_ fault: Fault, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(fault.message.hasSuffix("."), sourceLocation: sourceLocation)
    #expect(fault.message.count > 20, sourceLocation: sourceLocation)
}

extension SeededGenerator {
    /// A digest of nothing in particular.
    mutating func digest() throws -> Digest {
        let bytes = bytes(32)
        guard let digest = Digest(bytes.span) else {
            throw Fault(.internalError, "32 bytes are no digest.")
        }
        return digest
    }

    /// A width and a layout that a chunk may have.
    mutating func arrangement(_ codec: ChunkCodec, _ length: Int) -> (Int, ChunkLayout) {
        guard codec.hasWidth else { return (0, .plain) }
        while true {
            let width = Int.random(in: 1...255, using: &self) >> Int.random(in: 0...7, using: &self)
            let layout = ChunkLayout(rawValue: UInt8.random(in: 0...255, using: &self))
            if layout.isAcceptable(for: codec, width: width, plainLength: length) {
                return (width, layout)
            }
        }
    }

    /// A valid entry with the number `number`, of any codec.
    mutating func entry(_ number: Int, pack: Int64, paths: Int) throws -> IndexEntry {
        let codec =
            ChunkCodec.allCases.filter { paths > 0 || !$0.hasBase }
            .randomElement(using: &self) ?? .zstd
        let plain = Int.random(in: 1...BundleLimits.chunkBytes, using: &self)
        let (width, layout) = arrangement(codec, plain)
        var entry = IndexEntry(
            codec: codec, width: width, layout: layout, plainLength: plain,
            plainDigest: try digest(), stored: nil)
        if codec.isStored {
            let length = Int.random(in: 1...BundleLimits.storedChunkBytes, using: &self)
            entry.stored = IndexEntry.Stored(
                position: Int64.random(in: 0...(pack - Int64(length)), using: &self),
                length: length, digest: try digest(),
                sealNumber: Bool.random(using: &self)
                    ? UInt32.random(in: 0...UInt32(number), using: &self) : nil)
        }
        if codec.hasBase {
            entry.base = IndexEntry.BaseRange(
                path: UInt32.random(in: 0..<UInt32(paths), using: &self),
                offset: Int64.random(in: 0...BundleLimits.streamBytes, using: &self),
                length: codec == .dictionary
                    ? Int.random(in: 1...BundleLimits.baseRangeBytes, using: &self) : plain,
                digest: codec == .copy ? entry.plainDigest : try digest())
        }
        return entry
    }
}

/// A structure's bytes with one bit flipped, for every bit.
func everyFlip(_ bytes: [UInt8], _ body: ([UInt8], Int) throws -> Void) rethrows {
    var copy = bytes
    for bit in 0..<bytes.count * 8 {
        copy[bit / 8] ^= 1 << UInt8(bit % 8)
        try body(copy, bit)
        copy[bit / 8] ^= 1 << UInt8(bit % 8)
    }
}

/// Little-endian bytes of a number.
func little(_ number: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
}
