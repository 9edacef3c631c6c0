/// How keys of TUF metadata sign (TUF 1.0.34, section 4.2).
public enum KeyScheme: String, Sendable, CaseIterable {
    /// Ed25519 (RFC 8032), by libsodium.
    case ed25519
    /// ECDSA on P-256 with SHA-256, by libcrypto.
    case ecdsa = "ecdsa-sha2-nistp256"
    /// RSASSA-PSS with SHA-256, by libcrypto.
    case rsa = "rsassa-pss-sha256"

    /// The values of `keytype` that go with it.
    var keyTypes: [String] {
        switch self {
        case .ed25519: ["ed25519"]
        // The second is what repositories wrote for years.
        case .ecdsa: ["ecdsa", "ecdsa-sha2-nistp256"]
        case .rsa: ["rsa"]
        }
    }
}

extension Set<KeyScheme> {
    /// What a device accepts unless its configuration says otherwise.
    public static var ed25519Alone: Set<KeyScheme> { [.ed25519] }
    /// All that this release can verify.
    public static var all: Set<KeyScheme> { Set(KeyScheme.allCases) }
}
