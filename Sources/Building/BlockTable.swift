/// Where in the base short runs of bytes stand: every few bytes one of them, by its hash.
///
/// A run of the new version that is also in the base is found where it covers a whole recorded one,
/// so any common run of `spacing + window - 1` bytes is. The table takes one machine word for two
/// recorded runs; the spacing grows with the base so that it stays within `slotLimit`.
struct BlockTable {
    /// Bytes of a recorded run.
    static let window = 16
    private static let ways = 4
    private static let slotLimit = 1 << 26

    private let spacing: Int
    private let shift: UInt64
    /// Numbers of recorded runs plus one, in groups; 0 is none.
    private var slots: [UInt32]
    /// Where each base range begins, and the number of its first run.
    private var ranges: [(range: Range<Int>, first: Int)] = []

    /// Records the runs of some ranges.
    init(_ space: FileSpace, _ ranges: [Range<Int>]) {
        let bytes = ranges.reduce(0) { $0 + $1.count }
        var spacing = 8
        while bytes / spacing > BlockTable.slotLimit / 2
            || bytes / spacing > 8 << 20 && spacing < 32
        {
            spacing *= 2
        }
        self.spacing = spacing
        let runs = bytes / spacing + ranges.count
        var bits = 4
        while (1 << bits) * BlockTable.ways < runs * 3 / 2 { bits += 1 }
        shift = UInt64(64 - bits)
        slots = [UInt32](repeating: 0, count: BlockTable.ways << bits)
        var number = 0
        for range in ranges {
            self.ranges.append((range, number))
            var position = range.lowerBound
            while position + BlockTable.window <= range.upperBound {
                insert(space, position, number)
                position += spacing
                number += 1
            }
        }
    }

    private mutating func insert(_ space: FileSpace, _ position: Int, _ number: Int) {
        let (low, high) = (space.word(position), space.word(position + 8))
        // Runs of one byte are everywhere and lead nowhere.
        if low == high, low == (low & 0xFF) &* 0x0101_0101_0101_0101 { return }
        let group = BlockTable.group(low, high, shift)
        for way in group..<group + BlockTable.ways where slots[way] == 0 {
            slots[way] = UInt32(truncatingIfNeeded: number + 1)
            return
        }
    }

    @inline(__always)
    private static func group(_ low: UInt64, _ high: UInt64, _ shift: UInt64) -> Int {
        var hash = (low ^ (low >> 29)) &* 0x9E37_79B9_7F4A_7C15
        hash = (hash ^ (high &* 0xC2B2_AE3D_27D4_EB4F)) &* 0x9FB2_1C65_1E98_DF25
        return Int(truncatingIfNeeded: hash >> shift) &* BlockTable.ways
    }

    /// Calls `body` with every recorded place that may hold the 16 bytes at `position`.
    @inline(__always)
    func candidates(_ space: FileSpace, _ position: Int, _ body: (Int) -> Void) {
        let group = BlockTable.group(space.word(position), space.word(position + 8), shift)
        for way in group..<group &+ BlockTable.ways {
            let slot = slots[way]
            if slot == 0 { return }
            body(place(Int(slot) - 1))
        }
    }

    /// Whether to look up a position after so many that led nowhere.
    ///
    /// As many positions in a row as runs are apart find whatever covers them; in between, some are
    /// left out where a tensor's nudged numbers lead nowhere for long, so that only longer runs are
    /// found at once.
    @inline(__always)
    func isWorthwhile(_ position: Int, misses: Int) -> Bool {
        misses < 4096 || position & ((misses < 65_536 ? 4 : 16) &* spacing &- 1) < spacing
    }

    private func place(_ number: Int) -> Int {
        for (range, first) in ranges.reversed() where number >= first {
            return range.lowerBound + (number - first) * spacing
        }
        return 0
    }
}
