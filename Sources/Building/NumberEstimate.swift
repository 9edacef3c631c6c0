internal import Glibc

/// Says how small numbers of some width would become, from how often each byte occurs.
///
/// It counts bytes by their place in the number, of the numbers themselves or of their differences
/// from a base, and takes the entropy, corrected for small samples (Miller and Madow, 1955). That is
/// what an entropy coder reaches; repeats, which zstd finds as well, are not seen.
struct NumberEstimate {
    /// The widths that are tried.
    static let widths = [1, 2, 4, 8]
    private static let logarithms: [Float] = (0..<65_537).map { $0 < 2 ? 0 : log2f(Float($0)) }

    private var counts = [UInt32](repeating: 0, count: 8 * 256)

    /// Bytes that a range would take as the numbers that it holds.
    mutating func plain(_ new: FileSpace, _ range: Range<Int>, width: Int) -> Double {
        clear(width)
        let mask = NumberEstimate.mask(width)
        var position = range.lowerBound
        while position + 8 <= range.upperBound {
            count(new.word(position) & mask, width)
            position += width
        }
        return bytes(range.count, width)
    }

    /// Bytes that a range would take as differences from as many bytes of the base.
    mutating func difference(
        _ new: FileSpace, _ range: Range<Int>, _ old: FileSpace, _ start: Int, width: Int
    ) -> Double {
        clear(width)
        let mask = NumberEstimate.mask(width)
        let sign = UInt64(1) << UInt64(8 * width - 1)
        let distance = start - range.lowerBound
        var position = range.lowerBound
        while position + 8 <= range.upperBound {
            let difference = (new.word(position) &- old.word(position + distance)) & mask
            let folded = (difference << 1) ^ (difference & sign == 0 ? 0 : ~UInt64(0))
            count(folded & mask, width)
            position += width
        }
        return bytes(range.count, width)
    }

    private static func mask(_ width: Int) -> UInt64 { ~UInt64(0) >> UInt64(64 - 8 * width) }

    private mutating func clear(_ width: Int) {
        for index in 0..<256 * width { counts[index] = 0 }
    }

    @inline(__always)
    private mutating func count(_ number: UInt64, _ width: Int) {
        var number = number
        var plane = 0
        while plane < width &* 256 {
            counts[plane &+ Int(truncatingIfNeeded: number & 0xFF)] &+= 1
            number >>= 8
            plane &+= 256
        }
    }

    private func bytes(_ length: Int, _ width: Int) -> Double {
        var bits = 0.0
        var numbers = 0
        for plane in 0..<width {
            var total = 0
            var used = 0
            var sum: Double = 0
            for value in plane * 256..<(plane + 1) * 256 where counts[value] > 0 {
                let count = Int(counts[value])
                total += count
                used += 1
                sum += Double(count) * NumberEstimate.log2(count)
            }
            guard total > 0 else { return Double(length) }
            numbers = total
            bits += Double(total) * NumberEstimate.log2(total) - sum + 0.72 * Double(used - 1)
        }
        let counted = numbers * width
        return bits / 8 * Double(length) / Double(max(counted, 1))
    }

    private static func log2(_ value: Int) -> Double {
        value < logarithms.count ? Double(logarithms[value]) : Glibc.log2(Double(value))
    }
}
