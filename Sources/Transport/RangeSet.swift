/// Ascending ranges of a file that neither touch nor overlap.
struct RangeSet: Equatable {
    private(set) var ranges: [Range<Int64>] = []

    /// How many bytes are in it.
    var count: Int64 { ranges.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) } }

    var isEmpty: Bool { ranges.isEmpty }

    /// The empty set.
    init() {}

    /// The set of some ranges, in any order.
    ///
    /// - Parameters:
    ///   - pieces: the ranges; they may overlap.
    ///   - limits: what lies outside is left out.
    ///   - gap: two ranges with at most so many bytes between them become one.
    init(_ pieces: [Range<Int64>], within limits: Range<Int64>, joining gap: Int64 = 0) {
        let clipped = pieces.lazy.map { $0.clamped(to: limits) }.filter { !$0.isEmpty }
        for range in clipped.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = ranges.last, range.lowerBound - last.upperBound <= gap {
                ranges[ranges.count - 1] =
                    last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                ranges.append(range)
            }
        }
    }

    /// The index of the first range that ends above an offset.
    func firstIndex(endingAbove offset: Int64) -> Int {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound > offset { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// The range that holds an offset.
    func range(holding offset: Int64) -> Range<Int64>? {
        let index = firstIndex(endingAbove: offset)
        guard index < ranges.count, ranges[index].contains(offset) else { return nil }
        return ranges[index]
    }

    /// Adds a range.
    mutating func insert(_ range: Range<Int64>) {
        guard !range.isEmpty else { return }
        // What ends where this begins touches it.
        let first = firstIndex(endingAbove: range.lowerBound - 1)
        var end = first
        var union = range
        while end < ranges.count, ranges[end].lowerBound <= range.upperBound {
            union =
                min(
                    union.lowerBound, ranges[end].lowerBound)..<max(
                    union.upperBound, ranges[end].upperBound)
            end += 1
        }
        ranges.replaceSubrange(first..<end, with: [union])
    }

    /// Takes a range away.
    mutating func remove(_ range: Range<Int64>) {
        guard !range.isEmpty else { return }
        let first = firstIndex(endingAbove: range.lowerBound)
        var end = first
        var left: [Range<Int64>] = []
        while end < ranges.count, ranges[end].lowerBound < range.upperBound {
            let piece = ranges[end]
            if piece.lowerBound < range.lowerBound {
                left.append(piece.lowerBound..<range.lowerBound)
            }
            if piece.upperBound > range.upperBound {
                left.append(range.upperBound..<piece.upperBound)
            }
            end += 1
        }
        ranges.replaceSubrange(first..<end, with: left)
    }

    /// What of a range is in the set.
    func overlap(with range: Range<Int64>) -> [Range<Int64>] {
        var index = firstIndex(endingAbove: range.lowerBound)
        var found: [Range<Int64>] = []
        while index < ranges.count, ranges[index].lowerBound < range.upperBound {
            found.append(ranges[index].clamped(to: range))
            index += 1
        }
        return found
    }
}
