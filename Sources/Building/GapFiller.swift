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
            var position = piece.range.lowerBound
            while position < piece.range.upperBound {
                // No short rest, which would be judged by little.
                let left = piece.range.upperBound - position
                let length = left < 2 * GapFiller.block ? left : GapFiller.block
                let block = position..<position + length
                GapFiller.add(
                    Piece(range: block, shift: best(block, candidates, &estimate)), to: &filled)
                position = block.upperBound
            }
        }
        return filled
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
