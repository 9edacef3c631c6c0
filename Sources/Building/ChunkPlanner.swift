/// Cuts a file into chunks, each with the one base range that suits it best.
struct ChunkPlanner {
    // Unchanged runs become copies from here on: nothing to fetch, to decode or to digest twice.
    private static let copied = 128 << 10
    // At the ends of a stretch a copy costs one record more, not two.
    private static let copiedAtEnd = 16 << 10
    private static let chunk = 512 << 10
    /// The most of the base that one dictionary takes; a device holds it in memory.
    static let dictionary = 1 << 20
    private static let dictionaryChunk = 256 << 10
    private static let margin = 16 << 10
    // A piece this long from elsewhere is worth a chunk with a dictionary of its own.
    private static let ownDictionary = 768
    // A chunk this short is tried with a dictionary too, which may see what the difference misses.
    private static let short = 32 << 10

    private let new: FileSpace
    private let old: FileSpace
    private var widths: WidthChooser
    private var plans: [ChunkPlan] = []

    private init(new: FileSpace, old: FileSpace) {
        self.new = new
        self.old = old
        widths = WidthChooser(new: new, old: old)
    }

    /// Plans a file that stands in the base as it is.
    static func copy(of range: Range<Int>, from start: Int) -> [ChunkPlan] {
        var plans: [ChunkPlan] = []
        var done = 0
        while done < range.count {
            let length = min(chunk, range.count - done)
            plans.append(
                ChunkPlan(
                    position: range.lowerBound + done, length: length, base: start + done,
                    isCopy: true))
            done += length
        }
        return plans
    }

    /// Plans a file.
    ///
    /// - Parameters:
    ///   - pieces: where its parts came from; they cover it.
    ///   - new: the space that it is in.
    ///   - old: the base's space.
    /// - Returns: its chunks, in order.
    static func plan(_ pieces: [Piece], of new: FileSpace, from old: FileSpace) -> [ChunkPlan] {
        let chosen = AlignmentChooser(new: new, old: old).choose(pieces)
        var planner = ChunkPlanner(new: new, old: old)
        for piece in chosen {
            if let shift = piece.shift {
                planner.add(piece.range, shift)
            } else {
                planner.addLoose(piece.range, pieces)
            }
        }
        return planner.plans
    }

    /// Adds a stretch that has one distance: copies, and differences between them.
    private mutating func add(_ range: Range<Int>, _ shift: Int) {
        var position = range.lowerBound
        var start = position
        while position < range.upperBound {
            let run = new.equalBytes(
                position, old, position + shift, limit: range.upperBound - position)
            let isAtEnd = position == start || position + run == range.upperBound
            if run >= (isAtEnd ? ChunkPlanner.copiedAtEnd : ChunkPlanner.copied)
                || run == range.count
            {
                addDifferences(start..<position, shift)
                plans += ChunkPlanner.copy(of: position..<position + run, from: position + shift)
                start = position + run
            }
            position += max(run, 1)
        }
        addDifferences(start..<range.upperBound, shift)
    }

    private mutating func addDifferences(_ range: Range<Int>, _ shift: Int) {
        guard !range.isEmpty else { return }
        for part in widths.divide(range, shift: shift) {
            for chunk in ChunkPlanner.cut(part) {
                var plan = ChunkPlan(
                    position: chunk.lowerBound, length: chunk.count, width: part.width,
                    base: chunk.lowerBound + shift)
                if chunk.count <= ChunkPlanner.short {
                    plan.dictionary = around(
                        chunk.lowerBound + shift..<chunk.upperBound + shift)
                }
                plans.append(plan)
            }
        }
    }

    /// Cuts a part into chunks of about equal length, each beginning with a whole number.
    static func cut(_ part: WidthChooser.Part) -> [Range<Int>] {
        guard part.range.count > chunk else { return [part.range] }
        // Lengths are rounded up to 16 bytes and must not pass the limit by it.
        let count = (part.range.count + chunk - 17) / (chunk - 16)
        let length = (part.range.count / count / 16 + 1) * 16
        return stride(from: part.range.lowerBound, to: part.range.upperBound, by: length).map {
            $0..<min($0 + length, part.range.upperBound)
        }
    }

    /// A range of the base with a little of what stands around it, within its file.
    private func around(_ range: Range<Int>) -> Range<Int>? {
        guard let file = old.fileRange(holding: range.lowerBound) else { return nil }
        let spare = max(0, ChunkPlanner.dictionary - range.count) / 2
        let margin = min(ChunkPlanner.margin, spare)
        return max(
            file.lowerBound, range.lowerBound - margin)..<min(
                file.upperBound, range.upperBound + margin)
    }

    /// Adds a stretch of many small pieces, or of unknown origin.
    private mutating func addLoose(_ range: Range<Int>, _ pieces: [Piece]) {
        let (low, high) = ChunkPlanner.touching(range, pieces)
        guard
            pieces[low...high].contains(where: { $0.shift != nil })
                || low > 0 && pieces[low - 1].shift != nil
                || high + 1 < pieces.count && pieces[high + 1].shift != nil
        else {
            for part in widths.divide(range, shift: nil) {
                plans += ChunkPlanner.cut(part).map {
                    ChunkPlan(position: $0.lowerBound, length: $0.count, width: part.width)
                }
            }
            return
        }
        var start = range.lowerBound
        var hull: Range<Int>?
        for number in low...high {
            var piece = pieces[number].range.clamped(to: range)
            while !piece.isEmpty {
                let room = start + ChunkPlanner.dictionaryChunk - piece.lowerBound
                let part = piece.lowerBound..<min(piece.upperBound, piece.lowerBound + max(room, 0))
                let base = pieces[number].shift.flatMap { target(part, $0) }
                let isFar = !fits(base, hull, chunk: part.upperBound - start)
                if room <= 0 || isFar && part.count >= ChunkPlanner.ownDictionary {
                    addDictionary(start..<piece.lowerBound, hull, pieces, number)
                    (start, hull) = (piece.lowerBound, nil)
                    continue
                }
                // A short piece from far away is no reason for a chunk: it is stored.
                if !isFar { hull = ChunkPlanner.join(base, hull) }
                piece = part.upperBound..<piece.upperBound
            }
        }
        addDictionary(start..<range.upperBound, hull, pieces, high)
    }

    private mutating func addDictionary(
        _ range: Range<Int>, _ hull: Range<Int>?, _ pieces: [Piece], _ number: Int
    ) {
        guard !range.isEmpty else { return }
        // What was not found may still be like what stands beside it.
        let base = hull ?? ChunkPlanner.near(number, pieces).flatMap { target(range, $0) }
        plans.append(
            ChunkPlan(
                position: range.lowerBound, length: range.count,
                dictionary: base.flatMap(around)))
    }

    /// Numbers of the first and last piece that a range touches.
    private static func touching(_ range: Range<Int>, _ pieces: [Piece]) -> (Int, Int) {
        func first(_ isThere: (Piece) -> Bool) -> Int {
            var low = 0
            var high = pieces.count
            while low < high {
                let middle = (low + high) / 2
                if isThere(pieces[middle]) { high = middle } else { low = middle + 1 }
            }
            return low
        }
        let low = first { $0.range.upperBound > range.lowerBound }
        let high = first { $0.range.lowerBound >= range.upperBound } - 1
        return (low, max(low, high))
    }

    /// The distance of the nearest piece that has one.
    private static func near(_ number: Int, _ pieces: [Piece]) -> Int? {
        for step in 1...8 {
            if number >= step, let shift = pieces[number - step].shift { return shift }
            if number + step < pieces.count, let shift = pieces[number + step].shift {
                return shift
            }
        }
        return nil
    }

    /// Where a range leads to, as far as that is one file.
    private func target(_ range: Range<Int>, _ shift: Int) -> Range<Int>? {
        let middle = (range.lowerBound + range.upperBound) / 2 + shift
        guard
            let file = old.fileRange(holding: middle)
                ?? old.fileRange(holding: range.lowerBound + shift)
        else { return nil }
        return (range.lowerBound + shift..<range.upperBound + shift).clamped(to: file)
    }

    /// Whether a range may join those of a chunk: a dictionary that is long for the chunk takes long
    /// to make and to read, and gives little.
    private func fits(_ range: Range<Int>?, _ hull: Range<Int>?, chunk: Int) -> Bool {
        guard let range, let hull, let joined = ChunkPlanner.join(range, hull) else { return true }
        let limit = min(
            ChunkPlanner.dictionary - 2 * ChunkPlanner.margin, max(64 << 10, 16 * chunk))
        return joined.count <= limit
            && old.file(at: joined.lowerBound) == old.file(at: joined.upperBound - 1)
    }

    private static func join(_ first: Range<Int>?, _ second: Range<Int>?) -> Range<Int>? {
        guard let first, !first.isEmpty else { return second }
        guard let second, !second.isEmpty else { return first }
        return min(first.lowerBound, second.lowerBound)..<max(first.upperBound, second.upperBound)
    }
}
