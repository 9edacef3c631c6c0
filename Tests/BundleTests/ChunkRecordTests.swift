import Faults
import Sealing
import Testing

@testable import Bundle

private let digest = [UInt8](repeating: 0xAB, count: 32)
private let pack: Int64 = 10_000_000

/// One record with any fields; the page around it says that it is chunk `number`.
private struct Raw {
    var codec: UInt8 = 1
    var width: UInt8 = 0
    var flags: UInt8 = 0
    var layout: UInt8 = 0
    var plain: UInt64 = 100
    var position: UInt64 = 0
    var length: UInt64 = 50
    var seal: UInt64 = 0
    var path: UInt64 = 0
    var offset: UInt64 = 0
    var base: UInt64 = 100
    var number: UInt64 = 7

    func read(pack: Int64 = pack) throws(Fault) -> IndexEntry? {
        var bytes: [UInt8] = [2, 0, 1, 0]
        bytes += little(number, 4) + little(0, 8)
        bytes += [codec, width, flags, layout] + little(plain, 4) + digest
        if codec != 5 {
            bytes += little(position, 8) + little(length, 4) + little(seal, 4) + digest
        }
        if codec > 2 { bytes += little(path, 4) + little(offset, 8) + little(base, 4) }
        if codec == 3 || codec == 4 { bytes += digest }
        guard case .chunks(_, _, let entries) = try IndexPage.read(bytes.span, packLength: pack)
        else { return nil }
        return entries.first
    }
}

@Suite struct ChunkRecordTests {
    private func expectRefused(
        _ change: (inout Raw) -> Void, _ words: String, code: FaultCode = .malformed,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var raw = Raw()
        change(&raw)
        let fault = try fault(sourceLocation: sourceLocation) { _ = try raw.read() }
        #expect(fault.code == code, sourceLocation: sourceLocation)
        #expect(fault.message.contains(words), "\(fault.message)", sourceLocation: sourceLocation)
        #expect(fault.message.contains("Chunk 7"), sourceLocation: sourceLocation)
    }

    private func expectRead(_ change: (inout Raw) -> Void) throws {
        var raw = Raw()
        change(&raw)
        _ = try #require(try raw.read())
    }

    @Test(arguments: [UInt8(0), 6, 7, 128, 255])
    func `a codec that version 1 does not have is unsupported`(codec: UInt8) throws {
        try expectRefused({ $0.codec = codec }, "codec \(codec)", code: .unsupported)
    }

    @Test func `only numbers have a width and a layout, and they go together`() throws {
        for codec: UInt8 in [2, 3] {
            for width: UInt8 in [1, 16] { try expectRead { ($0.codec, $0.width) = (codec, width) } }
            for width: UInt8 in [0, 17, 255] {
                try expectRefused({ ($0.codec, $0.width) = (codec, width) }, "width \(width)")
            }
            for (width, layout): (UInt8, UInt8) in [
                (1, 2), (2, 0x10), (16, 0xF0), (255, 4), (2, 6), (8, 0x72),
            ] {
                try expectRead { ($0.codec, $0.width, $0.layout) = (codec, width, layout) }
            }
            for (width, layout): (UInt8, UInt8) in [
                (1, 0x10), (2, 0x20), (1, 4), (0, 4), (2, 0x14), (2, 5), (2, 12), (3, 1),
                (3, 8), (1, 8), (2, 9),
            ] {
                try expectRefused(
                    { ($0.codec, $0.width, $0.layout) = (codec, width, layout) },
                    "layout \(layout)")
            }
        }
        for width: UInt8 in [1, 2] {
            try expectRead { ($0.codec, $0.width, $0.layout) = (3, width, 1) }
            try expectRefused({ ($0.codec, $0.width, $0.layout) = (2, width, 1) }, "layout 1")
        }
        try expectRead { ($0.codec, $0.width, $0.layout) = (2, 2, 8) }
        try expectRefused({ ($0.codec, $0.width, $0.layout) = (3, 2, 8) }, "layout 8")
        // A chunk too short for its phase.
        try expectRefused(
            { ($0.codec, $0.width, $0.layout, $0.plain) = (2, 8, 0x70, 7) }, "layout 112")
        for codec: UInt8 in [1, 4, 5] {
            try expectRead { $0.codec = codec }
            try expectRefused({ ($0.codec, $0.width) = (codec, 1) }, "width 1")
            try expectRefused({ ($0.codec, $0.layout) = (codec, 2) }, "layout 2")
        }
    }

    @Test func `flags are 0 or 1, and 0 where nothing is stored`() throws {
        try expectRead { $0.flags = 1 }
        try expectRefused({ $0.flags = 2 }, "flags")
        try expectRefused({ $0.flags = 0x80 }, "flags")
        try expectRefused({ $0.flags = 0xFF }, "flags")
        try expectRefused({ ($0.codec, $0.flags) = (5, 1) }, "flags")
    }

    @Test func `plain bytes are 1 to 1 MiB`() throws {
        let most = UInt64(BundleLimits.chunkBytes)
        for plain in [1, most] { try expectRead { $0.plain = plain } }
        for plain in [0, most + 1, UInt64(UInt32.max)] {
            try expectRefused({ $0.plain = plain }, "\(plain) plain bytes")
        }
    }

    @Test func `stored bytes are 1 to their limit`() throws {
        let most = UInt64(BundleLimits.storedChunkBytes)
        for length in [1, most] { try expectRead { $0.length = length } }
        for length in [0, most + 1, UInt64(UInt32.max)] {
            try expectRefused({ $0.length = length }, "\(length) stored bytes")
        }
    }

    @Test func `a chunk lies within the pack, whatever its position adds up to`() throws {
        let end = UInt64(pack)
        try expectRead { $0.position = end - 50 }
        for position in [end - 49, end, end + 1, 1 << 63, .max - 49, .max] {
            try expectRefused({ $0.position = position }, "outside the pack of \(pack)")
        }
        var raw = Raw()
        raw.length = 1
        #expect(try fault { _ = try raw.read(pack: 0) }.code == .malformed)
        #expect(try raw.read(pack: 1)?.stored?.position == 0)
    }

    @Test func `a seal number is at most the chunk's own, and 0 where nothing is sealed`() throws {
        for seal: UInt64 in [0, 7] {
            try expectRead { ($0.flags, $0.seal) = (1, seal) }
        }
        try expectRefused({ ($0.flags, $0.seal) = (1, 8) }, "seal number 8")
        try expectRefused({ ($0.flags, $0.seal) = (1, 0xFFFF_FFFF) }, "seal number")
        try expectRefused({ ($0.flags, $0.seal) = (0, 1) }, "seal number 1")
    }

    @Test func `a base range is bounded, and as long as the chunk but for a dictionary`() throws {
        for codec: UInt8 in [3, 4, 5] {
            let width: UInt8 = codec == 3 ? 2 : 0
            func with(_ change: @escaping (inout Raw) -> Void) -> (inout Raw) -> Void {
                { raw in
                    (raw.codec, raw.width) = (codec, width)
                    change(&raw)
                }
            }
            try expectRead(with { $0.path = UInt64(BundleLimits.basePaths) - 1 })
            try expectRefused(with { $0.path = UInt64(BundleLimits.basePaths) }, "base range")
            try expectRefused(with { $0.path = UInt64(UInt32.max) }, "base range")
            try expectRead(with { $0.offset = UInt64(BundleLimits.streamBytes) })
            try expectRefused(
                with { $0.offset = UInt64(BundleLimits.streamBytes) + 1 }, "base range")
            try expectRefused(with { $0.offset = .max }, "base range")
            try expectRefused(with { $0.base = 0 }, "base range")
        }
        try expectRead { ($0.codec, $0.base) = (4, UInt64(BundleLimits.baseRangeBytes)) }
        try expectRefused(
            { ($0.codec, $0.base) = (4, UInt64(BundleLimits.baseRangeBytes) + 1) }, "base range")
        try expectRefused({ ($0.codec, $0.width, $0.base) = (3, 1, 99) }, "base range")
        try expectRefused({ ($0.codec, $0.base) = (5, 101) }, "base range")
    }

    @Test func `the base digest of a copy is its plain digest`() throws {
        var raw = Raw()
        raw.codec = 5
        let entry = try #require(try raw.read())
        #expect(entry.base?.digest == entry.plainDigest)
        #expect(entry.stored == nil)
    }
}
