public import Faults

extension ChunkEncoder {
    /// Tries what can apply to a chunk and keeps the smallest.
    ///
    /// Of what numbers the chunk consists is found by trying widths 1, 2, 4 and 8 and the periods at
    /// which its bytes repeat. A chunk that begins at a multiple of 16 bytes from the start of its
    /// file's tensor data begins with a whole number of any of these widths; one that does not is
    /// handled by the layout's phase, and loses nothing but a few bytes. What matters is that the
    /// base is aligned: `base[i]` is the old value of `plain[i]`.
    ///
    /// - Parameters:
    ///   - plain: the chunk, 1 to ``BundleLimits/chunkBytes``.
    ///   - widthHint: the width or period where it is known; others are then not tried.
    ///   - base: as many bytes of the base as the chunk has, those that it most likely came from.
    ///   - dictionary: a range of the base in which parts of the chunk may stand anywhere.
    /// - Returns: the smallest that was found; of equals the simplest.
    /// - Throws: a `Fault` of code `internal` where lengths do not fit or libzstd fails.
    public mutating func best(
        _ plain: Span<UInt8>, widthHint: Int? = nil, base: Span<UInt8>? = nil,
        dictionary: Span<UInt8>? = nil
    ) throws(Fault) -> ChunkChoice {
        guard (1...BundleLimits.chunkBytes).contains(plain.count),
            base == nil || base?.count == plain.count,
            dictionary == nil
                || (1...BundleLimits.baseRangeBytes).contains(dictionary?.count ?? 0)
        else {
            throw Fault(
                .internalError,
                "A chunk of \(plain.count) bytes was brought with a base of \(base?.count ?? 0) and"
                    + " a dictionary of \(dictionary?.count ?? 0).")
        }
        if let base, ChunkContent.isSame(plain, base) {
            return ChunkChoice(codec: .copy, coded: [])
        }
        var best = ChunkChoice(
            codec: .zstd, coded: try writer.frame(plain, effort: .level(min(level, 3))))
        let quick = best.coded.count
        try arranged(plain, widthHint, base, &best)
        // Where regrouping wins clearly and matches hardly help, a longer search will not either.
        // Nor does it halve what a short one found.
        if level > 3, best.coded.count * 2 > quick,
            best.codec == .zstd || best.coded.count * 100 > quick * 93
                || quick * 4 < plain.count * 3
        {
            best.take(try encode(plain), .zstd)
        }
        if let dictionary { try refer(plain, dictionary, &best) }
        return best
    }

    private mutating func refer(
        _ plain: Span<UInt8>, _ dictionary: Span<UInt8>, _ best: inout ChunkChoice
    ) throws(Fault) {
        let quick = try writer.frame(
            plain, effort: .level(min(level, 3)), dictionary: dictionary)
        best.take(quick, .dictionary)
        guard level > 3, quick.count < best.coded.count * 8 / 5 else { return }
        best.take(
            try writer.frame(plain, effort: .level(level), dictionary: dictionary), .dictionary)
    }

    /// Surveys arrangements on a sample, and encodes the most promising.
    private mutating func arranged(
        _ plain: Span<UInt8>, _ hint: Int?, _ base: Span<UInt8>?, _ best: inout ChunkChoice
    ) throws(Fault) {
        let sample = WidthSurvey.sample(of: plain, base: base)
        var survey = WidthSurvey(parts: plain.count / sample.count, hint: hint)
        survey.survey(plain.extracting(sample), base: base?.extracting(sample))
        let limit = best.coded.count
        var tried: [(choice: ChunkChoice, content: ChunkContent)] = []
        for arrangement in survey.best(3)
        where arrangement.estimate * plain.count / sample.count < limit + limit / 8 {
            let base = arrangement.codec == .difference ? base : nil
            tried += try quick(plain, base, arrangement)
        }
        // Of equals the first, so that the order is always the same.
        let order = tried.indices.sorted {
            (tried[$0].choice.coded.count, $0) < (tried[$1].choice.coded.count, $1)
        }
        guard let first = order.first else { return }
        let near = tried[first].choice.coded.count * 51 / 50
        for index in order.prefix(2) where tried[index].choice.coded.count <= near {
            var choice = tried[index].choice
            choice.coded = try encode(tried[index].content)
            if choice.coded.count < best.coded.count { best = choice }
        }
    }

    /// Encodes an arrangement, and where it may be smaller also packed, quickly.
    private mutating func quick(
        _ plain: Span<UInt8>, _ base: Span<UInt8>?, _ arrangement: Arrangement
    ) throws(Fault) -> [(choice: ChunkChoice, content: ChunkContent)] {
        let stream = ChunkContent.stream(
            plain, base: base, width: arrangement.width, layout: arrangement.layout)
        let runs = cuts.runs(of: stream.span, exactly: true)
        var result: [(choice: ChunkChoice, content: ChunkContent)] = []
        let canPack = runs.contains { $0.isBetterPacked }
        for packed in canPack ? [false, true] : [false] {
            let content = ChunkContent(stream, runs: runs, packed: packed, cuts: cuts)
            let choice = ChunkChoice(
                codec: arrangement.codec, width: arrangement.width,
                layout: packed ? arrangement.layout.with(.packed) : arrangement.layout,
                coded: try quick(content))
            result.append((choice, content))
        }
        return result
    }
}

extension ChunkChoice {
    /// Takes a smaller encoding.
    fileprivate mutating func take(_ coded: [UInt8], _ codec: ChunkCodec) {
        guard coded.count < self.coded.count else { return }
        self = ChunkChoice(codec: codec, coded: coded)
    }
}
