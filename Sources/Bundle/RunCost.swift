/// Estimates what a run of bytes costs in a zstd block, from its histogram.
///
/// All costs are bits with ``FixedLogarithm/fraction`` binary places.
struct RunCost {
    let logarithm = FixedLogarithm()
    /// A block's header and what else each has.
    private let block: Int
    /// A Huffman table: its first part, and for each symbol.
    private let table: Int
    private let symbol: Int

    /// One bit.
    static let bit = 1 << FixedLogarithm.fraction

    /// Costs of runs.
    ///
    /// - Parameter sample: of how many parts the runs are one; the others have the same statistics and
    ///   share the cost of tables.
    init(sample: Int = 1) {
        block = 40 * RunCost.bit / sample
        table = 80 * RunCost.bit / sample
        symbol = 3 * RunCost.bit / sample
    }

    /// The cost by entropy, which no code of whole bits goes below one bit a byte.
    ///
    /// - Parameters:
    ///   - entropy: the sum of the bytes' information.
    ///   - count: how many bytes.
    ///   - distinct: how many different ones.
    /// - Returns: the cost with block and table.
    func cost(entropy: Int, count: Int, distinct: Int) -> Int {
        guard distinct > 1 else { return block }
        let coded = max(entropy, count * RunCost.bit) + table + distinct * symbol
        return min(coded, count * 8 * RunCost.bit) + block
    }

    /// The cost of a histogram.
    func direct(_ histogram: UnsafePointer<UInt32>, count: Int) -> Int {
        var entropy = logarithm.weighted(UInt32(count))
        var distinct = 0
        for byte in 0..<256 {
            let many = unsafe histogram[byte]
            guard many > 0 else { continue }
            entropy -= logarithm.weighted(many)
            distinct += 1
        }
        return cost(entropy: entropy, count: count, distinct: distinct)
    }

    /// The cost of two histograms put together.
    func direct(
        _ one: UnsafePointer<UInt32>, _ other: UnsafePointer<UInt32>, count: Int
    ) -> Int {
        var entropy = logarithm.weighted(UInt32(count))
        var distinct = 0
        for byte in 0..<256 {
            let many = unsafe one[byte] + other[byte]
            guard many > 0 else { continue }
            entropy -= logarithm.weighted(many)
            distinct += 1
        }
        return cost(entropy: entropy, count: count, distinct: distinct)
    }

    /// The cost with the Huffman code's true lengths: exact where one byte outweighs all others.
    func huffman(_ histogram: UnsafePointer<UInt32>, count: Int) -> Int {
        var counts: [Int] = []
        for byte in 0..<256 {
            let many = unsafe Int(histogram[byte])
            if many > 0 { counts.append(many) }
        }
        let distinct = counts.count
        guard distinct > 1 else { return block }
        counts.sort()
        // Two queues: the leaves, and the sums, which come out in rising order by themselves.
        var sums: [Int] = []
        var (leaf, sum, total) = (0, 0, 0)
        for _ in 1..<distinct {
            var pair = 0
            for _ in 0..<2 {
                if leaf < distinct, sum >= sums.count || counts[leaf] <= sums[sum] {
                    pair += counts[leaf]
                    leaf += 1
                } else {
                    pair += sums[sum]
                    sum += 1
                }
            }
            sums.append(pair)
            total += pair
        }
        return cost(
            entropy: total * RunCost.bit, count: count, distinct: distinct)
    }

    /// The cost where the run is packed; see `docs/bundle-format.md` for its parts.
    func packed(_ histogram: UnsafePointer<UInt32>, count: Int) -> Int {
        let nonzero = unsafe UInt32(count) - histogram[0]
        let many = unsafe nonzero - histogram[1] - histogram[2]
        var rest = logarithm.weighted(many)
        var distinct = 0
        for value in 0..<127 {
            var same = unsafe histogram[2 * value + 3]
            if value < 126 { same += unsafe histogram[2 * value + 4] }
            guard same > 0 else { continue }
            rest -= logarithm.weighted(same)
            distinct += 1
        }
        // Bits come eight to a byte, and a byte costs a bit at least.
        let occupied = max(
            logarithm.choice(nonzero, of: UInt32(count)), count / 8 * RunCost.bit)
        let large = max(logarithm.choice(many, of: nonzero), Int(nonzero) / 16 * RunCost.bit)
        let last =
            distinct > 1
            ? min(
                max(rest, Int(many) * RunCost.bit) + table + distinct * symbol,
                Int(many) * 8 * RunCost.bit) : 0
        return occupied + large + Int(nonzero) * RunCost.bit + last + block
    }
}
