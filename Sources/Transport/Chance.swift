/// The chance in back-offs: seeded for tests, the system's otherwise.
public struct Chance: Sendable {
    private var state: UInt64?

    /// Begins at a seed; `nil` for the system's chance.
    public init(seed: UInt64?) { state = seed }

    /// A number from 0 to 1.
    public mutating func next() -> Double {
        guard var mixed = state else { return Double.random(in: 0...1) }
        // SplitMix64.
        mixed &+= 0x9E37_79B9_7F4A_7C15
        state = mixed
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return Double(mixed >> 11) / Double(1 << 53)
    }
}
