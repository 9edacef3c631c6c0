internal import Bundle
internal import Faults
internal import Sealing

/// Encodes one chunk of a delta in each way that may suit it, and keeps the smallest.
struct DeltaCoder: Sendable {
    private let old: FileSpace
    /// The numbers of the base's files among the index's paths.
    private let numbers: [Int: UInt32]

    // Differences become hardly smaller by a longer search, but many times slower.
    private static let differenceLevel = 12

    private let lightLevel: Int

    /// Makes a coder over the base's files.
    ///
    /// - Parameters:
    ///   - old: the base.
    ///   - files: the numbers of those that are used, in the order of the index's paths.
    ///   - level: zstd's level.
    init(old: FileSpace, files: [Int], level: Int) {
        self.old = old
        lightLevel = min(level, DeltaCoder.differenceLevel)
        var numbers: [Int: UInt32] = [:]
        for (number, file) in files.enumerated() { numbers[file] = UInt32(number) }
        self.numbers = numbers
    }

    /// Encodes a chunk.
    ///
    /// - Parameters:
    ///   - plain: its bytes.
    ///   - plan: what it may be made from; `nil` for what is no file's content.
    ///   - encoder: the encoder to use.
    /// - Returns: the smallest of what was tried, the first of several equal ones.
    /// - Throws: a `Fault` of code `internal` where a library fails.
    func encode(
        _ plain: [UInt8], _ plan: ChunkPlan?, _ encoder: inout ChunkEncoder
    ) throws(Fault) -> CodedChunk {
        guard let plan else { return CodedChunk(try encoder.best(plain.span)) }
        // The planner works in one space of all files; a range must lie in one of them.
        let range = listed(plan.base.map { $0..<$0 + plain.count })
        let dictionary = listed(plan.dictionary)
        if plan.isCopy, let range { return CodedChunk(codec: .copy, base: try reference(range)) }
        var choice: ChunkChoice
        if let range {
            var light = try ChunkEncoder(level: lightLevel)
            choice = try choose(plain, range, dictionary, &light)
            try searchSparse(plain, range, &encoder, &choice)
        } else {
            choice = try choose(plain, nil, dictionary, &encoder)
        }
        var coded = CodedChunk(choice)
        switch choice.codec {
        case .zstd, .planes: break
        case .difference, .copy: coded.base = try range.map(reference)
        case .dictionary: coded.base = try dictionary.map(reference)
        }
        return coded
    }

    private func choose(
        _ plain: [UInt8], _ base: Range<Int>?, _ dictionary: Range<Int>?,
        _ encoder: inout ChunkEncoder
    ) throws(Fault) -> ChunkChoice {
        switch (base, dictionary) {
        case (.some(let base), .some(let dictionary)):
            return try old.withBytes(base) { (base) throws(Fault) in
                try old.withBytes(dictionary) { (dictionary) throws(Fault) in
                    try encoder.best(plain.span, base: base, dictionary: dictionary)
                }
            }
        case (.some(let base), nil):
            return try old.withBytes(base) { (base) throws(Fault) in
                try encoder.best(plain.span, base: base)
            }
        case (nil, .some(let dictionary)):
            return try old.withBytes(dictionary) { (dictionary) throws(Fault) in
                try encoder.best(plain.span, dictionary: dictionary)
            }
        case (nil, nil): return try encoder.best(plain.span)
        }
    }

    /// Tries what no estimate without matches sees: where most bytes are the same, what stands
    /// between repeats so often that a search pays.
    private func searchSparse(
        _ plain: [UInt8], _ base: Range<Int>, _ encoder: inout ChunkEncoder,
        _ choice: inout ChunkChoice
    ) throws(Fault) {
        var scout = try ChunkEncoder(level: DeltaCoder.scoutLevel)
        guard choice.codec != .copy, choice.coded.count * 4 < plain.count else { return }
        var best: (size: Int, width: Int, layout: ChunkLayout)?
        for (width, layout) in DeltaCoder.sparse where width <= plain.count {
            let coded = try difference(plain, base, width, layout, &scout)
            if coded.count < best?.size ?? .max { best = (coded.count, width, layout) }
        }
        guard let best, best.size < choice.coded.count * 3 / 2 else { return }
        let coded = try difference(plain, base, best.width, best.layout, &encoder)
        guard coded.count < choice.coded.count else { return }
        choice = ChunkChoice(
            codec: .difference, width: best.width, layout: best.layout, coded: coded)
    }

    private static let scoutLevel = 3
    // What a quick search is tried with.
    private static let sparse: [(width: Int, layout: ChunkLayout)] = [
        (1, .grouped), (1, .plain), (4, .plain), (8, .plain),
    ]

    private func difference(
        _ plain: [UInt8], _ base: Range<Int>, _ width: Int, _ layout: ChunkLayout,
        _ encoder: inout ChunkEncoder
    ) throws(Fault) -> [UInt8] {
        try old.withBytes(base) { (base) throws(Fault) in
            try encoder.encode(
                plain.span, as: .difference, width: width, layout: layout, base: base)
        }
    }

    /// A range that can be referred to; `nil` for one that leaves its file or is in none.
    private func listed(_ range: Range<Int>?) -> Range<Int>? {
        guard let range, (try? reference(range)) != nil else { return nil }
        return range
    }

    /// A range of the base by file.
    private func reference(_ range: Range<Int>) throws(Fault) -> IndexEntry.BaseRange {
        let number = old.file(at: range.lowerBound)
        let file = old.files[number].range
        guard file.lowerBound <= range.lowerBound, range.upperBound <= file.upperBound,
            let path = numbers[number]
        else { throw Fault(.internalError, "A base range is in no file that is listed.") }
        let digest = try old.withBytes(range) { (bytes) throws(Fault) in
            var sha = try SHA256()
            return try sha.digest(bytes)
        }
        return IndexEntry.BaseRange(
            path: path, offset: Int64(range.lowerBound - file.lowerBound), length: range.count,
            digest: digest)
    }
}

extension CodedChunk {
    /// What an encoder chose, without its base.
    init(_ choice: ChunkChoice) {
        self.init(
            codec: choice.codec, width: choice.width, layout: choice.layout, coded: choice.coded)
    }
}
