/// A stretch of a file of the new version, and how far away in the base its like stands.
struct Piece: Equatable, Sendable {
    /// Positions in the new version's space.
    var range: Range<Int>
    /// What to add to reach the base's space; `nil` where nothing like it was found.
    var shift: Int?
}

/// Finds, for each part of a file, what part of the base it came from.
///
/// The idea is bsdiff's (Percival, 2003): exact runs are anchors, from which a match goes on over
/// differing bytes as long as more are the same than not. A suffix array over the base finds the
/// longest run anywhere and takes eight times the base's memory; a table of short runs finds what
/// is long enough to matter and takes less than the base.
struct Aligner {
    // So many bytes more than the present match has must another have.
    private static let gain = 12
    private static let probe = 1024
    private static let recentShifts = 6

    private struct Anchor {
        let start: Int
        let shift: Int
    }

    /// A distance that was in use, and where it leads into the base.
    private struct Recent {
        let shift: Int
        let reach: Range<Int>
    }

    private let new: FileSpace
    private let old: FileSpace
    private let range: Range<Int>
    private var anchors: [Anchor] = []
    private var recent: [Recent] = []

    /// Aligns one file.
    ///
    /// - Parameters:
    ///   - range: the file, in `new`.
    ///   - new: the new version's space.
    ///   - table: the runs of the base files, in `old`.
    ///   - old: the base's space.
    ///   - likely: distances that are tried first.
    /// - Returns: pieces that cover the file.
    static func align(
        _ range: Range<Int>, of new: FileSpace, with table: BlockTable, of old: FileSpace,
        likely: [Int]
    ) -> [Piece] {
        var aligner = Aligner(new: new, old: old, range: range)
        for shift in likely.reversed() { aligner.remember(shift, at: range.lowerBound) }
        aligner.findAnchors(table)
        return aligner.pieces()
    }

    private init(new: FileSpace, old: FileSpace, range: Range<Int>) {
        self.new = new
        self.old = old
        self.range = range
    }

    /// Where in the new space a distance stays within the base file that it leads to.
    private func reach(_ shift: Int, at position: Int) -> Range<Int> {
        let target = position + shift
        guard let file = old.fileRange(holding: target) else { return position..<position }
        return max(
            range.lowerBound, file.lowerBound - shift)..<min(
                range.upperBound, file.upperBound - shift)
    }

    private mutating func findAnchors(_ table: BlockTable) {
        var position = range.lowerBound
        var shift = 0
        var end = position
        var misses = 0
        while position < range.upperBound {
            if position < end {
                let run = new.equalBytes(position, old, position + shift, limit: end - position)
                if run > 0 {
                    position += run
                    continue
                }
            }
            guard position + BlockTable.window <= range.upperBound else { break }
            guard table.isWorthwhile(position, misses: misses) else {
                position += 1
                continue
            }
            if let found = better(position, than: position < end ? shift : nil, table) {
                misses = 0
                anchors.append(Anchor(start: position, shift: found.shift))
                remember(found.shift, at: position)
                shift = found.shift
                end = reach(shift, at: position).upperBound
                position += found.length
            } else {
                misses += 1
                position += 1
            }
        }
    }

    /// The longest exact run from here that is worth leaving the present distance for.
    private func better(
        _ position: Int, than shift: Int?, _ table: BlockTable
    ) -> (shift: Int, length: Int)? {
        var best = 0
        var bestShift = 0
        let first = new.word(position)
        for candidate in recent where candidate.shift != shift {
            let reach = candidate.reach
            guard reach.upperBound - position >= 8, position >= reach.lowerBound,
                old.word(position + candidate.shift) == first
            else { continue }
            let length = new.equalBytes(
                position, old, position + candidate.shift,
                limit: min(Aligner.probe, reach.upperBound - position))
            if length > best { (best, bestShift) = (length, candidate.shift) }
        }
        table.candidates(new, position) { place in
            guard old.word(place) == first else { return }
            let candidate = place - position
            let length = new.equalBytes(
                position, old, place,
                limit: min(Aligner.probe, reach(candidate, at: position).upperBound - position))
            if length > best { (best, bestShift) = (length, candidate) }
        }
        guard best >= BlockTable.window, bestShift != shift else { return nil }
        guard let shift else { return (bestShift, best) }
        let length = min(best, reach(shift, at: position).upperBound - position)
        let present = new.countEqual(position, old, position + shift, length: length)
        return best - present > Aligner.gain ? (bestShift, best) : nil
    }

    private mutating func remember(_ shift: Int, at position: Int) {
        recent.removeAll { $0.shift == shift }
        recent.insert(Recent(shift: shift, reach: reach(shift, at: position)), at: 0)
        if recent.count > Aligner.recentShifts { recent.removeLast() }
    }

    /// Lets every match grow forwards and backwards and cuts where two meet.
    private func pieces() -> [Piece] {
        var pieces: [Piece] = []
        var position = range.lowerBound
        for (number, anchor) in anchors.enumerated() {
            let previous = number > 0 ? anchors[number - 1].shift : nil
            let back = backward(anchor, from: position)
            var start = anchor.start - back
            if let previous {
                let forward = forward(previous, from: position, to: anchor.start)
                if position + forward > start {
                    start = meeting(previous, anchor.shift, start..<position + forward)
                    add(position..<start, previous, to: &pieces)
                } else {
                    add(position..<position + forward, previous, to: &pieces)
                    add(position + forward..<start, nil, to: &pieces)
                }
            } else {
                add(position..<start, nil, to: &pieces)
            }
            position = start
        }
        if let last = anchors.last {
            let forward = forward(last.shift, from: position, to: range.upperBound)
            add(position..<position + forward, last.shift, to: &pieces)
            position += forward
        }
        add(position..<range.upperBound, nil, to: &pieces)
        return pieces
    }

    private func add(_ range: Range<Int>, _ shift: Int?, to pieces: inout [Piece]) {
        guard !range.isEmpty else { return }
        if let last = pieces.last, last.shift == shift {
            pieces[pieces.count - 1].range = last.range.lowerBound..<range.upperBound
        } else {
            pieces.append(Piece(range: range, shift: shift))
        }
    }

    /// How far a match goes on so that more bytes are the same than not.
    private func forward(_ shift: Int, from start: Int, to end: Int) -> Int {
        let end = min(end, reach(shift, at: start).upperBound)
        var position = start
        var score = 0
        var best = 0
        var length = 0
        while position < end {
            let run = new.equalBytes(position, old, position + shift, limit: end - position)
            position += run
            score += run
            if score > best { (best, length) = (score, position - start) }
            guard position < end else { break }
            position += 1
            score -= 1
        }
        return length
    }

    private func backward(_ anchor: Anchor, from start: Int) -> Int {
        let lowest = max(start, reach(anchor.shift, at: anchor.start).lowerBound)
        var position = anchor.start
        var score = 0
        var best = 0
        var length = 0
        while position > lowest {
            position -= 1
            score += new.byte(position) == old.byte(position + anchor.shift) ? 1 : -1
            if score > best { (best, length) = (score, anchor.start - position) }
            // Far below its best it will not come back over a stretch of another origin.
            if score < best - 4096 { break }
        }
        return length
    }

    /// Where in an overlap to change from one distance to the other.
    private func meeting(_ before: Int, _ after: Int, _ overlap: Range<Int>) -> Int {
        var score = 0
        var best = 0
        var place = overlap.lowerBound
        for position in overlap {
            let byte = new.byte(position)
            if byte == old.byte(position + before) { score += 1 }
            if byte == old.byte(position + after) { score -= 1 }
            if score > best { (best, place) = (score, position + 1) }
        }
        return place
    }
}
