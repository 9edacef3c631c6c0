public import Faults

/// Encodes chunks; for the builder.
///
/// The same input gives the same bytes, on every machine with the same libzstd.
public struct ChunkEncoder: ~Copyable {
    var writer: ZstdWriter
    let cuts = BlockCuts()
    let level: Int

    /// Makes an encoder.
    ///
    /// - Parameter level: zstd's level, 1 to 22.
    /// - Throws: a `Fault` where the level is none or memory is short.
    public init(level: Int) throws(Fault) {
        guard ZstdWriter.levels.contains(level) else {
            throw Fault(
                .source,
                "The compression level \(level) is none of 1 to \(ZstdWriter.levels.upperBound).")
        }
        writer = try ZstdWriter()
        self.level = level
    }

    /// Encodes one chunk as `zstd`.
    ///
    /// - Parameter plain: the chunk.
    /// - Returns: a single frame.
    /// - Throws: a `Fault` of code `internal` where libzstd fails.
    public mutating func encode(_ plain: Span<UInt8>) throws(Fault) -> [UInt8] {
        try writer.frame(plain, effort: .level(level))
    }

    /// Encodes one chunk with one codec.
    ///
    /// - Parameters:
    ///   - plain: the chunk, 1 to ``BundleLimits/chunkBytes``.
    ///   - codec: the codec.
    ///   - width: its width; 0 for codecs without.
    ///   - layout: how numbers are arranged.
    ///   - base: the base range: the chunk's length for `difference` and `copy`, 1 to
    ///     ``BundleLimits/baseRangeBytes`` for `dictionary`, not looked at otherwise.
    /// - Returns: the stored bytes before they are sealed: a single frame, or nothing for `copy`.
    /// - Throws: a `Fault` of code `internal` where the arguments do not go together.
    public mutating func encode(
        _ plain: Span<UInt8>, as codec: ChunkCodec, width: Int = 0, layout: ChunkLayout = .plain,
        base: Span<UInt8>
    ) throws(Fault) -> [UInt8] {
        guard (1...BundleLimits.chunkBytes).contains(plain.count),
            layout.isAcceptable(for: codec, width: width, plainLength: plain.count)
        else {
            throw Fault(
                .internalError,
                "A chunk of \(plain.count) bytes cannot be encoded as “\(codec)” of width \(width)"
                    + " and layout \(layout.rawValue).")
        }
        try check(base, plain, codec)
        switch codec {
        case .zstd: return try encode(plain)
        case .copy: return []
        case .dictionary:
            return try writer.frame(plain, effort: .level(level), dictionary: base)
        case .planes, .difference:
            let content = ChunkContent(
                plain, base: codec == .difference ? base : nil, width: width, layout: layout,
                cuts: cuts)
            return try encode(content)
        }
    }

    /// Encodes arranged content in every way that may be the best, and keeps the smallest frame.
    mutating func encode(_ content: ChunkContent) throws(Fault) -> [UInt8] {
        var best = try writer.frame(
            content.bytes.span, cuts: content.cuts, effort: .level(level))
        // Literals alone take a bit a byte at least.
        guard best.count * 8 > content.bytes.count else { return best }
        for effort in [ZstdWriter.Effort.literals, .fewMatches] {
            let coded = try writer.frame(content.bytes.span, cuts: content.cuts, effort: effort)
            if coded.count < best.count { best = coded }
        }
        return best
    }

    /// Encodes arranged content for which no match is sought.
    mutating func quick(_ content: ChunkContent) throws(Fault) -> [UInt8] {
        try writer.frame(content.bytes.span, cuts: content.cuts, effort: .literals)
    }

    private func check(
        _ base: Span<UInt8>, _ plain: Span<UInt8>, _ codec: ChunkCodec
    ) throws(Fault) {
        let isRight =
            switch codec {
            case .zstd, .planes: true
            case .difference: base.count == plain.count
            case .dictionary: (1...BundleLimits.baseRangeBytes).contains(base.count)
            case .copy: ChunkContent.isSame(plain, base)
            }
        guard isRight else {
            throw Fault(
                .internalError,
                "A base range of \(base.count) bytes does not fit a chunk of \(plain.count) bytes "
                    + "and codec “\(codec)”.")
        }
    }
}
