internal import Bundle
public import Faults

/// How large chunks are: at least, on average, at most.
public struct ChunkSizes: Sendable, Equatable {
    /// The smallest average that can be asked for, in bytes.
    public static let smallestAverage = 4 << 10
    /// The largest average that can be asked for, in bytes.
    public static let largestAverage = BundleLimits.chunkBytes / 2
    /// What is used where nothing is said: 256 KiB on average, 512 KiB at most.
    ///
    /// A device holds a few chunks at a time: half of the largest that there may be saves it memory.
    public static let standard = ChunkSizes(
        minimum: 64 << 10, average: 256 << 10, maximum: 512 << 10)

    /// No chunk is shorter, but for the last one of a file.
    public let minimum: Int
    /// What chunks of random data have on average, about; a power of two.
    public let average: Int
    /// No chunk is longer.
    public let maximum: Int

    private init(minimum: Int, average: Int, maximum: Int) {
        self.minimum = minimum
        self.average = average
        self.maximum = maximum
    }

    /// Chooses sizes.
    ///
    /// - Parameters:
    ///   - average: a power of two from ``smallestAverage`` to ``largestAverage``.
    ///   - maximum: from twice the average to what the format allows; by default twice it.
    /// - Throws: a `Fault` of code `source` for other numbers.
    public init(average: Int, maximum: Int? = nil) throws(Fault) {
        guard (ChunkSizes.smallestAverage...ChunkSizes.largestAverage).contains(average),
            average & (average - 1) == 0
        else {
            throw Fault(
                .source,
                "The average chunk size is \(average) bytes; a power of two from "
                    + "\(ChunkSizes.smallestAverage) to \(ChunkSizes.largestAverage) was expected.")
        }
        let maximum = maximum ?? 2 * average
        guard (2 * average...BundleLimits.chunkBytes).contains(maximum) else {
            throw Fault(
                .source,
                "The largest chunk size is \(maximum) bytes; from \(2 * average) (twice the average) "
                    + "to \(BundleLimits.chunkBytes) was expected.")
        }
        self.init(minimum: average / 4, average: average, maximum: maximum)
    }

    /// How many leading bits of the hash must be zero for a cut before the average and after it.
    ///
    /// Two bits more and two less (FastCDC's normalised chunking, level 2) draw the sizes together.
    var bits: (before: Int, after: Int) {
        let bits = average.trailingZeroBitCount
        return (bits + 2, bits - 2)
    }
}
