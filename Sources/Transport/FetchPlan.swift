/// What is fetched ahead, and how far: the wanted ranges as requests, within the window.
///
/// It knows of no network. ``asked`` never holds more than the window above what is settled, but for
/// what a read asked for itself.
struct FetchPlan {
    private let sizes: ClosedRange<Int64>
    private let window: Int64
    /// What is wanted and was not asked for.
    private(set) var open = RangeSet()
    /// What is wanted, was asked for, and is not settled.
    private(set) var asked = RangeSet()
    private var settled: Int64 = 0

    /// Makes an empty plan.
    ///
    /// - Parameters:
    ///   - sizes: of a request, in bytes, where enough is wanted in one piece.
    ///   - window: the most bytes that are asked for and not settled.
    init(sizes: ClosedRange<Int64>, window: Int64) {
        self.sizes = sizes
        self.window = window
    }

    /// Begins anew.
    ///
    /// - Parameters:
    ///   - open: what is wanted now and has to be asked for.
    ///   - kept: what was asked for already, and stays wanted.
    mutating func replace(open: RangeSet, kept: [Range<Int64>]) {
        self.open = open
        asked = RangeSet(kept, within: settled..<Int64.max)
    }

    /// Notes that nothing below an offset will be needed again.
    mutating func settle(below offset: Int64) {
        guard offset > settled else { return }
        settled = offset
        open.remove(0..<offset)
        asked.remove(0..<offset)
    }

    /// Takes the next request to make, if the window has room for it.
    ///
    /// - Parameter affordable: the most bytes that it may have.
    /// - Returns: its range; `nil` where nothing is left, or no room for it.
    mutating func next(affordable: Int64) -> Range<Int64>? {
        guard let span = open.ranges.first else { return nil }
        return take(from: span, affordable: affordable)
    }

    /// Takes the planned request that begins at an offset, if the window has room for it.
    ///
    /// - Parameters:
    ///   - offset: where; what is wanted before it stays planned.
    ///   - affordable: the most bytes that it may have.
    /// - Returns: its range; `nil` where none is planned there, or no room for it.
    mutating func request(at offset: Int64, affordable: Int64) -> Range<Int64>? {
        guard let span = open.range(holding: offset) else { return nil }
        return take(from: offset..<span.upperBound, affordable: affordable)
    }

    /// Notes that a read asks for a range by itself, whatever the window says.
    mutating func read(_ range: Range<Int64>) {
        for wanted in open.overlap(with: range) { asked.insert(wanted) }
        open.remove(range)
    }

    /// Takes back what was asked for and did not come.
    mutating func giveBack(_ range: Range<Int64>) {
        asked.remove(range)
        let wanted = range.clamped(to: settled..<Int64.max)
        open.insert(wanted)
    }

    private mutating func take(from span: Range<Int64>, affordable: Int64) -> Range<Int64>? {
        let length = span.upperBound - span.lowerBound
        // Pieces of one size, rather than large ones and a crumb.
        let pieces = (length - 1) / sizes.upperBound + 1
        let even = (length - 1) / pieces + 1
        let size = min(max(even, sizes.lowerBound), length)
        guard size <= window - asked.count, size <= affordable else { return nil }
        let piece = span.lowerBound..<(span.lowerBound + size)
        open.remove(piece)
        asked.insert(piece)
        return piece
    }
}
