/// Gives long pieces without exact runs the distance under which they are most alike.
///
/// Where every number of a tensor was nudged, no run of bytes is the same, and yet the difference of
/// each from its old value is small. So the distances of the neighbours, and those by position, are
/// tried on samples, and taken where the difference promises to be smaller than the numbers.
struct GapFiller {
    private static let block = 256 << 10
    private static let least = 2 << 10
    private static let sample = 4 << 10
    // What must be gained: the samples are small.
    private static let gain = 0.92

    let new: FileSpace
    let old: FileSpace

    /// Fills what can be filled.
    ///
    /// - Parameters:
    ///   - pieces: as the aligner gives them.
    ///   - likely: distances by position.
    /// - Returns: pieces over the same range.
    func fill(_ pieces: [Piece], likely: [Int]) -> [Piece] {
        var filled: [Piece] = []
        var estimate = NumberEstimate()
        for (number, piece) in pieces.enumerated() {
            guard piece.shift == nil, piece.range.count >= GapFiller.least else {
                GapFiller.add(piece, to: &filled)
                continue
            }
            var candidates = likely
            if number > 0, let shift = pieces[number - 1].shift { candidates.insert(shift, at: 0) }
            if number + 1 < pieces.count, let shift = pieces[number + 1].shift {
                candidates.insert(shift, at: 0)
            }
            for part in cut(piece.range, candidates) {
                fill(part, candidates, &estimate, into: &filled)
            }
        }
        return filled
    }

    /// Cuts a range where one of the distances begins or ends to lead into its file.
    private func cut(_ range: Range<Int>, _ candidates: [Int]) -> [Range<Int>] {
        var cuts: Set<Int> = [range.lowerBound, range.upperBound]
        for shift in candidates {
            let middle = min(max(range.lowerBound + shift, 0), old.count - 1)
            for position in [middle, range.upperBound - 1 + shift] {
                guard let file = old.fileRange(holding: position) else { continue }
                cuts.formUnion([file.lowerBound - shift, file.upperBound - shift])
            }
        }
        let sorted = cuts.filter { range.lowerBound <= $0 && $0 <= range.upperBound }.sorted()
        return zip(sorted, sorted.dropFirst()).map { $0..<$1 }
    }

    private func fill(
        _ range: Range<Int>, _ candidates: [Int], _ estimate: inout NumberEstimate,
        into filled: inout [Piece]
    ) {
        var position = range.lowerBound
        while position < range.upperBound {
            // No short rest, which would be judged by little.
            let left = range.upperBound - position
            let block = position..<position + (left < 2 * GapFiller.block ? left : GapFiller.block)
            let shift = block.count < GapFiller.least ? nil : best(block, candidates, &estimate)
            GapFiller.add(Piece(range: block, shift: shift), to: &filled)
            position = block.upperBound
        }
    }

    private static func add(_ piece: Piece, to pieces: inout [Piece]) {
        if let last = pieces.last, last.shift == piece.shift {
            pieces[pieces.count - 1].range = last.range.lowerBound..<piece.range.upperBound
        } else {
            pieces.append(piece)
        }
    }

    private func best(
        _ block: Range<Int>, _ candidates: [Int], _ estimate: inout NumberEstimate
    ) -> Int? {
        let samples = samples(block)
        var least =
            GapFiller.gain
            * NumberEstimate.widths.map { width in
                samples.reduce(0.0) { $0 + estimate.plain(new, $1, width: width) }
            }.reduce(.infinity, min)
        var best: Int?
        for shift in candidates where leads(block, shift) {
            for width in NumberEstimate.widths {
                let cost = samples.reduce(0.0) {
                    $0
                        + estimate.difference(
                            new, $1, old, $1.lowerBound + shift, width: width)
                }
                if cost < least { (least, best) = (cost, shift) }
            }
        }
        return best
    }

    private func leads(_ range: Range<Int>, _ shift: Int) -> Bool {
        guard let file = old.fileRange(holding: range.lowerBound + shift) else { return false }
        return range.upperBound + shift <= file.upperBound
    }

    /// Three parts of a block, or all of a short one.
    private func samples(_ block: Range<Int>) -> [Range<Int>] {
        let length = GapFiller.sample
        guard block.count > 3 * length else { return [block] }
        let last = block.upperBound - length
        return [block.lowerBound, (block.lowerBound + last) / 2, last].map { $0..<$0 + length }
    }
}
