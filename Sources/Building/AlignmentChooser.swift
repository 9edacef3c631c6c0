/// Chooses which of the pieces found are worth chunks of their own.
///
/// A chunk has one base range, and its record costs more than a few differing bytes. The cheapest
/// way through the pieces is found by dynamic programming: each takes a distance of its
/// neighbourhood, or is left to a dictionary, and each change costs a record.
struct AlignmentChooser {
    /// What a further chunk costs: its record, and what a frame and its tables take.
    static let record = 230.0
    private static let neighbours = 3
    // A piece this long is worth its own distance without question.
    private static let whole = 64 << 10
    // Bytes that a differing byte takes: as a difference, and as a break in a match.
    private static let differing = 0.62
    private static let broken = 2.4
    private static let unlike = 0.45

    let new: FileSpace
    let old: FileSpace

    /// Merges pieces.
    ///
    /// - Parameter pieces: as the aligner gives them.
    /// - Returns: fewer pieces over the same range; those without a distance are better made with a
    ///   dictionary, or from nothing.
    func choose(_ pieces: [Piece]) -> [Piece] {
        var states: [[State]] = []
        for number in pieces.indices {
            let candidates = candidates(number, pieces)
            let before = states.last
            let cheapest = before.flatMap(AlignmentChooser.cheapest)
            states.append(
                candidates.map { shift in
                    let cost = cost(pieces[number], shift)
                    guard let before, let cheapest else {
                        return State(shift: shift, cost: cost, previous: 0)
                    }
                    let change = before[cheapest].cost + AlignmentChooser.record
                    if let same = before.firstIndex(where: { $0.shift == shift }),
                        before[same].cost <= change
                    {
                        return State(shift: shift, cost: before[same].cost + cost, previous: same)
                    }
                    return State(shift: shift, cost: change + cost, previous: cheapest)
                })
        }
        return AlignmentChooser.path(states, pieces)
    }

    private struct State {
        let shift: Int?
        let cost: Double
        let previous: Int
    }

    private static func cheapest(_ states: [State]) -> Int? {
        states.indices.min { states[$0].cost < states[$1].cost }
    }

    private static func path(_ states: [[State]], _ pieces: [Piece]) -> [Piece] {
        guard var at = states.last.flatMap(cheapest) else { return [] }
        var chosen: [Piece] = []
        for number in pieces.indices.reversed() {
            let state = states[number][at]
            let range = pieces[number].range
            if let last = chosen.last, last.shift == state.shift {
                chosen[chosen.count - 1].range = range.lowerBound..<last.range.upperBound
            } else {
                chosen.append(Piece(range: range, shift: state.shift))
            }
            at = state.previous
        }
        return chosen.reversed()
    }

    private func candidates(_ number: Int, _ pieces: [Piece]) -> [Int?] {
        let piece = pieces[number]
        var shifts: [Int?] = [piece.shift]
        if piece.shift != nil { shifts.append(nil) }
        guard piece.range.count < AlignmentChooser.whole else { return shifts }
        func add(_ numbers: some Sequence<Int>) {
            var left = AlignmentChooser.neighbours
            for other in numbers where left > 0 {
                guard let shift = pieces[other].shift else { continue }
                left -= 1
                if !shifts.contains(shift), leads(piece.range, shift) { shifts.append(shift) }
            }
        }
        let width = 4 * AlignmentChooser.neighbours
        add((max(0, number - width)..<number).reversed())
        add(number + 1..<min(pieces.count, number + 1 + width))
        return shifts
    }

    /// Whether a distance leads all of a range into one file of the base.
    private func leads(_ range: Range<Int>, _ shift: Int) -> Bool {
        guard let file = old.fileRange(holding: range.lowerBound + shift) else { return false }
        return range.upperBound + shift <= file.upperBound
    }

    private func cost(_ piece: Piece, _ shift: Int?) -> Double {
        let length = piece.range.count
        guard let like = shift ?? piece.shift else {
            return AlignmentChooser.unlike * Double(length)
        }
        let equal = new.countEqual(
            piece.range.lowerBound, old, piece.range.lowerBound + like, length: length)
        let differing = Double(length - equal)
        guard shift == nil else { return AlignmentChooser.differing * differing }
        return min(
            4 + AlignmentChooser.broken * differing, AlignmentChooser.unlike * Double(length) + 4)
    }
}
