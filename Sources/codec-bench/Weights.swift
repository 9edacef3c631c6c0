internal import Glibc

/// Seeded weights of a layer, and the same after a fine-tuning: normal values, and noise on each.
struct Weights {
    /// How the numbers are stored.
    enum Kind: String, CaseIterable {
        case int8, fp16, bf16, fp32, fp64
        /// Blocks of 32 bytes with a scale of two bytes each, as GGUF has them.
        case q8Blocks = "q8_0"
    }

    private var state: UInt64
    /// The old values.
    private(set) var old: [Float] = []
    /// The new values.
    private(set) var new: [Float] = []

    /// Makes values.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - seed: the seed.
    ///   - noise: the standard deviation of the change; that of the values is 0.02.
    init(count: Int, seed: UInt64, noise: Double) {
        state = seed
        for _ in 0..<count {
            let value = 0.02 * normal()
            old.append(Float(value))
            new.append(Float(value + noise * normal()))
        }
    }

    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A normal value, by Box and Muller.
    private mutating func normal() -> Double {
        let radius = (Double(next() >> 11) + 1) / 0x1p53
        let angle = Double(next() >> 11) / 0x1p53
        return (-2 * log(radius)).squareRoot() * cos(2 * Double.pi * angle)
    }

    /// Values as bytes.
    static func bytes(_ values: [Float], as kind: Kind) -> [UInt8] {
        switch kind {
        case .int8:
            let scale = largest(values[...]) / 127
            return values.map { UInt8(bitPattern: Int8(($0 / scale).rounded())) }
        case .fp16: return values.flatMap { little(Float16($0).bitPattern) }
        case .bf16:
            return values.flatMap { value in
                let bits = value.bitPattern
                return little(UInt16((bits + 0x7FFF + (bits >> 16 & 1)) >> 16))
            }
        case .fp32: return values.flatMap { little($0.bitPattern) }
        case .fp64: return values.flatMap { little(Double($0).bitPattern) }
        case .q8Blocks:
            return stride(from: 0, to: values.count & ~31, by: 32).flatMap { start in
                let block = values[start..<(start + 32)]
                let scale = Float16(largest(block) / 127)
                return little(scale.bitPattern)
                    + block.map { value in
                        let number = (value / Float(scale)).rounded()
                        return UInt8(bitPattern: Int8(max(-127, min(127, number))))
                    }
            }
        }
    }

    private static func largest(_ values: ArraySlice<Float>) -> Float {
        values.reduce(1e-6) { max($0, abs($1)) }
    }

    private static func little(_ number: some FixedWidthInteger) -> [UInt8] {
        stride(from: 0, to: number.bitWidth, by: 8).map {
            UInt8(truncatingIfNeeded: number >> $0)
        }
    }
}
