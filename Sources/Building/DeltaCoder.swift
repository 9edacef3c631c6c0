internal import Bundle
internal import Faults
internal import Sealing

/// Encodes one chunk of a delta in each way that may suit it, and keeps the smallest.
struct DeltaCoder: Sendable {
    // What is this much larger by estimate than the best is not tried.
    private static let tolerance = 1.15
    private static let sample = 64 << 10

    private let new: FileSpace
    private let old: FileSpace
    /// The numbers of the base's files among the index's paths.
    private let numbers: [Int: UInt32]

    /// Makes a coder over the two versions' files.
    ///
    /// - Parameters:
    ///   - new: the new version's files.
    ///   - old: the base's.
    ///   - files: the numbers of those of the base that are used, in the order of the index's paths.
    init(new: FileSpace, old: FileSpace, files: [Int]) {
        self.new = new
        self.old = old
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
    func encode(
        _ plain: [UInt8], _ plan: ChunkPlan?, _ encoder: inout ChunkEncoder
    ) throws(Fault) -> CodedChunk {
        guard let plan else {
            return CodedChunk(codec: .zstd, coded: try encoder.encode(plain.span))
        }
        if plan.isCopy, let base = plan.base {
            let range = base..<base + plain.count
            return CodedChunk(
                codec: .copy, base: try reference(range, digest: try digest(range)))
        }
        var best: CodedChunk?
        for form in forms(plain, plan) {
            let range: Range<Int>? =
                switch form.codec {
                case .difference: plan.base.map { $0..<$0 + plain.count }
                case .dictionary: plan.dictionary
                default: nil
                }
            let coded: [UInt8]
            if let range {
                coded = try old.withBytes(range) { (base) throws(Fault) in
                    try encoder.encodeInterim(
                        plain.span, as: form.codec, width: form.width, base: base)
                }
            } else {
                let none: [UInt8] = []
                coded = try encoder.encodeInterim(
                    plain.span, as: form.codec, width: form.width, base: none.span)
            }
            let size = coded.count + (range == nil ? 0 : DeltaCoder.baseRecord)
            if let best, best.coded.count + (best.base == nil ? 0 : DeltaCoder.baseRecord) <= size {
                continue
            }
            let base: IndexEntry.BaseRange? =
                if let range { try reference(range, digest: try digest(range)) } else { nil }
            best = CodedChunk(codec: form.codec, width: form.width, coded: coded, base: base)
        }
        guard let best else { throw Fault(.internalError, "A chunk has no form.") }
        return best
    }

    // What the record of a base range takes.
    private static let baseRecord = 48

    private struct Form {
        let codec: ChunkCodec
        let width: Int
        var estimate: Double
    }

    /// The forms worth trying.
    private func forms(_ plain: [UInt8], _ plan: ChunkPlan) -> [Form] {
        var forms: [Form] = []
        var estimate = NumberEstimate()
        let sample = DeltaCoder.sample(plan)
        let widths = Set([1, plan.width]).sorted()
        for width in widths {
            if let base = plan.base {
                let cost = sample.reduce(0.0) {
                    $0
                        + estimate.difference(
                            new, $1.lowerBound + plan.position..<$1.upperBound + plan.position, old,
                            base + $1.lowerBound, width: width)
                }
                forms.append(Form(codec: .difference, width: width, estimate: cost))
            }
            let cost = sample.reduce(0.0) {
                $0
                    + estimate.plain(
                        new, $1.lowerBound + plan.position..<$1.upperBound + plan.position,
                        width: width)
            }
            forms.append(
                Form(
                    codec: width == 1 ? .zstd : .planes, width: width == 1 ? 0 : width,
                    estimate: cost))
        }
        let least = forms.map(\.estimate).min() ?? 0
        let bytes = Double(sample.reduce(0) { $0 + $1.count })
        // Where most is the same the estimate says little, and trying costs little.
        let isSparse = least < bytes / 8
        forms = forms.filter { form in
            form.estimate <= least * DeltaCoder.tolerance
                || isSparse && form.codec == .difference
                // Text and code repeat themselves, which no count of bytes shows.
                || form.codec == .zstd && plan.base == nil
        }
        if plan.dictionary != nil { forms.append(Form(codec: .dictionary, width: 0, estimate: 0)) }
        return forms
    }

    /// Parts of a chunk that stand for it, by offset; multiples of eight bytes from its start.
    private static func sample(_ plan: ChunkPlan) -> [Range<Int>] {
        guard plan.length > sample else { return [0..<plan.length] }
        let part = sample / 8
        return (0..<8).map { number in
            let start = (plan.length - part) / 7 * number / 8 * 8
            return start..<start + part
        }
    }

    private func digest(_ range: Range<Int>) throws(Fault) -> Digest {
        try old.withBytes(range) { (bytes) throws(Fault) in
            var sha = try SHA256()
            return try sha.digest(bytes)
        }
    }

    /// A range of the base by file.
    private func reference(
        _ range: Range<Int>, digest: Digest
    ) throws(Fault) -> IndexEntry.BaseRange {
        let number = old.file(at: range.lowerBound)
        let file = old.files[number].range
        guard file.lowerBound <= range.lowerBound, range.upperBound <= file.upperBound,
            let path = numbers[number]
        else { throw Fault(.internalError, "A base range is in no file that is listed.") }
        return IndexEntry.BaseRange(
            path: path, offset: Int64(range.lowerBound - file.lowerBound),
            length: range.count, digest: digest)
    }
}
