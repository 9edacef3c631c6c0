/// Cuts bytes into runs of one statistic each, so that every zstd block has a Huffman table of its
/// own that fits.
///
/// Where a block ends is the encoder's free choice in the Zstandard format; libzstd by itself ends one
/// each 128 KiB and where it finds its matches change, which in planes of weights is rarely where
/// their statistics do.
struct BlockCuts {
    /// A run that is to be coded by itself.
    struct Run {
        /// Where it begins.
        var start: Int
        /// Where it ends.
        var end: Int
        /// What it costs as it is.
        var cost: Int
        /// What it costs packed.
        var packed: Int

        /// Whether packing pays; by less than a 64th the estimate is not to be trusted.
        var isBetterPacked: Bool { packed + packed / 64 < cost }
    }

    /// The grain: runs are made of pieces of this length.
    static let piece = PackedReader.unit

    let cost: RunCost

    init(_ cost: RunCost = RunCost()) { self.cost = cost }

    /// Cuts bytes into runs.
    ///
    /// - Parameters:
    ///   - bytes: what is to be cut.
    ///   - exactly: whether each run's costs, direct and packed, are wanted as exactly as possible.
    /// - Returns: the runs, without a gap.
    func runs(of bytes: Span<UInt8>, exactly: Bool) -> [Run] {
        guard !bytes.isEmpty else { return [] }
        let pieces = (bytes.count + BlockCuts.piece - 1) / BlockCuts.piece
        var histograms = [UInt32](repeating: 0, count: pieces * 256)
        for index in bytes.indices {
            histograms[index / BlockCuts.piece * 256 + Int(bytes[index])] += 1
        }
        return unsafe histograms.withUnsafeMutableBufferPointer { histograms in
            guard let base = histograms.baseAddress else { return [] }
            var merge = unsafe RunMerge(base, pieces: pieces, length: bytes.count, cost: cost)
            return merge.merged().map { piece, run in
                var run = run
                guard exactly else { return run }
                let count = run.end - run.start
                run.cost = unsafe cost.huffman(base + piece * 256, count: count)
                run.packed = unsafe cost.packed(base + piece * 256, count: count)
                return run
            }
        }
    }

    /// Estimates what bytes cost, cut and where it pays packed, in bytes.
    func estimate(_ bytes: Span<UInt8>) -> Int {
        var total = 0
        for run in runs(of: bytes, exactly: true) {
            total += run.isBetterPacked ? run.packed : run.cost
        }
        return total / (8 * RunCost.bit)
    }
}

/// Merges neighbouring runs, the pair that gains most first, until no pair gains.
@safe
private struct RunMerge {
    private let histograms: UnsafeMutablePointer<UInt32>
    private let cost: RunCost
    private var runs: [BlockCuts.Run] = []
    /// The run after each; the last has none that is in range.
    private var next: [Int]
    private var last: [Int]
    /// What each run and the next would cost as one.
    private var together: [Int]

    init(
        _ histograms: UnsafeMutablePointer<UInt32>, pieces: Int, length: Int, cost: RunCost
    ) {
        unsafe self.histograms = histograms
        self.cost = cost
        next = Array(1...pieces)
        last = Array(-1..<(pieces - 1))
        together = [Int](repeating: 0, count: pieces)
        for piece in 0..<pieces {
            let start = piece * BlockCuts.piece
            let end = min(start + BlockCuts.piece, length)
            let alone = unsafe cost.direct(histograms + piece * 256, count: end - start)
            runs.append(BlockCuts.Run(start: start, end: end, cost: alone, packed: 0))
        }
        for piece in 0..<pieces { weigh(piece) }
    }

    private mutating func weigh(_ run: Int) {
        guard run >= 0, next[run] < runs.count else { return }
        let other = next[run]
        together[run] = unsafe cost.direct(
            histograms + run * 256, histograms + other * 256,
            count: runs[other].end - runs[run].start)
    }

    /// The runs that remain, each with the piece that holds its histogram.
    mutating func merged() -> [(Int, BlockCuts.Run)] {
        while let run = best() { join(run) }
        var result: [(Int, BlockCuts.Run)] = []
        var run = 0
        while run < runs.count {
            result.append((run, runs[run]))
            run = next[run]
        }
        return result
    }

    private func best() -> Int? {
        var best: (run: Int, gain: Int)?
        var run = 0
        while next[run] < runs.count {
            let gain = runs[run].cost + runs[next[run]].cost - together[run]
            if gain >= 0, gain > best?.gain ?? -1 { best = (run, gain) }
            run = next[run]
        }
        return best?.run
    }

    private mutating func join(_ run: Int) {
        let other = next[run]
        for byte in 0..<256 {
            unsafe histograms[run * 256 + byte] += histograms[other * 256 + byte]
        }
        runs[run].end = runs[other].end
        runs[run].cost = together[run]
        next[run] = next[other]
        if next[run] < runs.count { last[next[run]] = run }
        weigh(run)
        weigh(last[run])
    }
}
