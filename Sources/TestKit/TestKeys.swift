public import Faults
public import Sealing
public import Signing
public import Trust

/// Keys for tests, each from one byte, the same at each run.
public enum TestKeys {
    /// A signing key.
    public static func signing(_ seed: UInt8) throws(Fault) -> Ed25519SigningKey {
        try Ed25519SigningKey(seed: try secret(seed))
    }

    /// A device's key.
    public static func device(_ seed: UInt8) throws(Fault) -> X25519SecretKey {
        try X25519SecretKey(try secret(seed))
    }

    /// 32 times one byte, in locked memory.
    public static func secret(_ seed: UInt8) throws(Fault) -> SecretBytes {
        try SecretBytes(copying: [UInt8](repeating: seed, count: 32))
    }

    /// A root of trust, signed by key 100.
    ///
    /// - Parameters:
    ///   - signers: the keys of its `targets` role.
    ///   - threshold: how many of them must sign.
    /// - Returns: the root, as a device would have verified it.
    /// - Throws: a `Fault` where these do not fit together.
    public static func root(
        _ signers: [UInt8] = [1], threshold: Int = 1
    ) throws(Fault) -> VerifiedRoot {
        let own = try signing(100)
        var builder = RootBuilder(expires: 4_000_000_000)
        for role in TrustRole.allCases where role != .targets {
            try builder.add(own.publicKey, to: role)
        }
        for seed in signers { try builder.add(try signing(seed).publicKey, to: .targets) }
        try builder.setThreshold(threshold, of: .targets)
        return try builder.unsigned().signed(by: own).checked(after: nil)
    }
}
