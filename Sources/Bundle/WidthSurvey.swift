/// Finds out by trying of what numbers a chunk consists; no tensor format is parsed.
struct WidthSurvey {
    /// Bytes of the sample that every arrangement is tried on.
    private static let sampleBytes = 48 << 10
    /// Bytes in which periods are looked for.
    private static let periodBytes = 16 << 10

    private let cuts: BlockCuts
    private let hint: Int?
    private(set) var found: [Arrangement] = []

    /// A survey.
    ///
    /// - Parameters:
    ///   - parts: how many times as long as the sample the chunk is.
    ///   - hint: the width or period that the caller knows; others are then not tried.
    init(parts: Int, hint: Int?) {
        // Past four, what the tables would save is what a small sample's statistics feign.
        cuts = BlockCuts(RunCost(sample: max(1, min(4, parts))))
        self.hint = hint
    }

    /// Where the sample begins: a multiple of 16, so that numbers begin in it where they begin in the
    /// chunk; of several places the one that differs most from the base.
    static func sample(of plain: Span<UInt8>, base: Span<UInt8>?) -> Range<Int> {
        let length = min(sampleBytes, plain.count)
        let last = (plain.count - length) & ~15
        guard let base, last > 0 else { return last / 2 & ~15..<(last / 2 & ~15 + length) }
        var best = (start: 0, changed: -1)
        for place in 0...4 {
            let start = last * place / 4 & ~15
            var changed = 0
            for index in start..<(start + length) where plain[index] != base[index] {
                changed += 1
            }
            if changed > best.changed { best = (start, changed) }
        }
        return best.start..<(best.start + length)
    }

    /// The most promising arrangements that differ in more than the phase, the cheapest first.
    func best(_ count: Int) -> [Arrangement] {
        var best: [Arrangement] = []
        for one in found where best.count < count && !best.contains(where: { $0.resembles(one) }) {
            best.append(one)
        }
        return best
    }

    /// Tries every arrangement on a sample; the cheapest comes first.
    mutating func survey(_ plain: Span<UInt8>, base: Span<UInt8>?) {
        let periods = periods(plain)
        let widths = ChunkLayout.machineWidths.filter { hint == nil || $0 == hint }
        surveyPlanes(plain, widths)
        if let base { surveyDifferences(plain, base, widths) }
        for period in periods {
            add(plain, nil, .planes, period, .columns)
            if let base { add(plain, base, .difference, period, .columns) }
        }
        if let hint, (1...16).contains(hint), !widths.contains(hint) {
            add(plain, nil, .planes, hint, .plain)
            if let base { add(plain, base, .difference, hint, .plain) }
        }
        // Of equal ones the first that was tried, so that the order is always the same.
        found = found.enumerated().sorted {
            ($0.element.estimate, $0.offset) < ($1.element.estimate, $1.offset)
        }.map { $0.element }
    }

    private mutating func surveyPlanes(_ plain: Span<UInt8>, _ widths: [Int]) {
        for width in widths { add(plain, nil, .planes, width, .plain) }
        guard let best = found.min(by: { $0.estimate < $1.estimate }) else { return }
        // The phase of numbers shows where they are rotated; as they are it changes nothing.
        for phase in 0..<min(best.width, plain.count) {
            add(plain, nil, .planes, best.width, .rotated.with(.phase(phase)))
        }
    }

    private mutating func surveyDifferences(
        _ plain: Span<UInt8>, _ base: Span<UInt8>, _ widths: [Int]
    ) {
        add(plain, base, .difference, 1, .plain)
        add(plain, base, .difference, 1, .grouped)
        for width in widths {
            var best: Arrangement?
            for phase in 0..<min(width, plain.count) {
                add(plain, base, .difference, width, .grouped.with(.phase(phase)))
                if let last = found.last, last.estimate < best?.estimate ?? Int.max {
                    best = last
                }
            }
            let phase = best?.layout.phase ?? 0
            add(plain, base, .difference, width, .phase(phase))
        }
    }

    private mutating func add(
        _ plain: Span<UInt8>, _ base: Span<UInt8>?, _ codec: ChunkCodec, _ width: Int,
        _ layout: ChunkLayout
    ) {
        guard layout.isAcceptable(for: codec, width: width, plainLength: plain.count) else {
            return
        }
        let stream = ChunkContent.stream(plain, base: base, width: width, layout: layout)
        found.append(
            Arrangement(
                codec: codec, width: width, layout: layout, estimate: cuts.estimate(stream.span)))
    }

    /// Periods at which bytes repeat more often than at others: rows of records, and the blocks of
    /// quantised weights, which have a scale each.
    private func periods(_ plain: Span<UInt8>) -> [Int] {
        if let hint { return (2...255).contains(hint) ? [hint] : [] }
        let count = min(WidthSurvey.periodBytes, plain.count)
        guard count > 1024 else { return [] }
        var same = [Int](repeating: 0, count: 256)
        for period in 1...255 {
            var matches = 0
            for index in period..<count where plain[index] == plain[index - period] {
                matches += 1
            }
            same[period] = matches * 1024 / (count - period)
        }
        let mean = same.reduce(0, +) / 255
        let often = (3...255).filter { same[$0] > mean + mean / 4 + 2 }
            .sorted { (same[$1], $0) < (same[$0], $1) }
        // A multiple of a period repeats as well; the period itself is the better one.
        var result: [Int] = []
        for period in often.prefix(8).sorted()
        where !result.contains(where: { period % $0 == 0 }) { result.append(period) }
        return Array(result.prefix(3))
    }
}
