import Bundle
import Faults
import Sealing

@testable import Bundle

/// The chunk codecs: what a signed index says, and stored bytes that may be anything.
enum ChunkTargets {
    static let all =
        ChunkCodec.allCases.map { codec in
            FuzzTarget("chunk-\(codec)", "stored bytes of the codec “\(codec)”", longest: 8192) {
                try decode(codec, $0)
            }
        } + [
            FuzzTarget("chunk-again", "what the encoder makes of any bytes", read: encode)
        ]

    /// The longest chunk that is decoded here: quick, and beyond all block sizes of the arrangements.
    private static let plainBytes = 1 << 16

    /// One for the life of the program: it also shows that one chunk leaves nothing to the next.
    nonisolated(unsafe) private static var decoder: ChunkDecoder?

    private static func decode(_ codec: ChunkCodec, _ input: [UInt8]) throws {
        var feed = Feed(input)
        let width = feed.byte()
        let layout = ChunkLayout(rawValue: UInt8(feed.byte()))
        let length = feed.number(3) % plainBytes + 1
        let base = feed.run(feed.number(2) % (plainBytes + 1))
        let coded = feed.remaining
        let entry = IndexEntry(
            codec: codec, width: width, layout: layout, plainLength: length,
            plainDigest: try SHA256.digest(of: []), stored: nil)
        let first = try decode(coded, entry, base, filler: 0x55)
        let second = try decode(coded, entry, base, filler: 0xAA)
        try hold(first == second, "the same bytes decode to two chunks")
    }

    private static func decode(
        _ coded: [UInt8], _ entry: IndexEntry, _ base: [UInt8], filler: UInt8
    ) throws -> [UInt8] {
        var decoder = try take()
        var plain = [UInt8](repeating: filler, count: entry.plainLength)
        do throws(Fault) {
            try decoder.decode(coded.span, as: entry, base: base.span, into: &plain)
        } catch {
            ChunkTargets.decoder = consume decoder
            throw error
        }
        ChunkTargets.decoder = consume decoder
        return plain
    }

    private static func take() throws(Fault) -> ChunkDecoder {
        guard let kept = decoder.take() else { return try ChunkDecoder() }
        return kept
    }

    private static func encode(_ input: [UInt8]) throws {
        var feed = Feed(input)
        let codecs = ChunkCodec.allCases
        let codec = codecs[feed.byte() % codecs.count]
        let width = feed.byte()
        let layout = ChunkLayout(rawValue: UInt8(feed.byte()))
        let repeats = feed.byte() % 8 + 1
        let baseLength = feed.number(2)
        let rest = feed.remaining
        let plain = Array(repeatElement(rest, count: repeats).joined())
        guard !plain.isEmpty,
            layout.isAcceptable(for: codec, width: width, plainLength: plain.count)
        else { return }
        var base: [UInt8] = []
        switch codec {
        case .zstd, .planes: break
        case .copy: base = plain
        case .dictionary: base = Array(plain.prefix(baseLength % plain.count + 1))
        case .difference: base = Array(plain.dropFirst(baseLength % plain.count)) + plain
        }
        if codec == .difference { base = Array(base.prefix(plain.count)) }
        var encoder = try ChunkEncoder(level: 1)
        let coded = try encoder.encode(
            plain.span, as: codec, width: width, layout: layout, base: base.span)
        let entry = IndexEntry(
            codec: codec, width: width, layout: layout, plainLength: plain.count,
            plainDigest: try SHA256.digest(of: plain), stored: nil)
        let found = try again("an encoded chunk") {
            try decode(coded, entry, base, filler: 0x55)
        }
        try hold(found == plain, "an encoded chunk decodes to other bytes")
    }
}
