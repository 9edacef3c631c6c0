/// Binary logarithms in integers, so that estimates, and with them a bundle's bytes, are the same on
/// every machine.
struct FixedLogarithm {
    /// Bits after the point.
    static let fraction = 16
    private static let steps = 12
    private let table: [UInt32]

    /// Makes the table: log2(1 + i / 4096) bit by bit, squaring.
    init() {
        table = (0..<(1 << FixedLogarithm.steps)).map { index in
            var value = UInt64((1 << FixedLogarithm.steps) + index) << 18
            var result: UInt32 = 0
            for _ in 0..<FixedLogarithm.fraction {
                value = (value * value) >> 30
                result <<= 1
                if value >= 2 << 30 {
                    value >>= 1
                    result |= 1
                }
            }
            return result
        }
    }

    /// `count` times the logarithm of `count`, in bits with 16 binary places; 0 for 0.
    func weighted(_ count: UInt32) -> Int {
        guard count > 1 else { return 0 }
        let log = 31 - count.leadingZeroBitCount
        let mantissa =
            log > FixedLogarithm.steps
            ? Int(count >> UInt32(log - FixedLogarithm.steps))
            : Int(count) << (FixedLogarithm.steps - log)
        let part = Int(table[mantissa - (1 << FixedLogarithm.steps)])
        return Int(count) * (log << FixedLogarithm.fraction + part)
    }

    /// Bits, with 16 binary places, of saying which `ones` of `count` are set.
    func choice(_ ones: UInt32, of count: UInt32) -> Int {
        weighted(count) - weighted(ones) - weighted(count - ones)
    }
}
