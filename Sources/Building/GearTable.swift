/// The 256 random numbers of the chunker's rolling hash.
///
/// They are the first 256 outputs of SplitMix64 (Steele, Lea and Flood, 2014) from the seed
/// `0x6E6163656C6C6531`, which is “nacelle1” in ASCII. Nothing that reads a bundle depends on them;
/// a builder that changes them finds fewer chunks in older bundles.
enum GearTable {
    static let seed: UInt64 = 0x6E61_6365_6C6C_6531

    static let values: [UInt64] = {
        var state = seed
        return (0..<256).map { _ in
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }()
}
