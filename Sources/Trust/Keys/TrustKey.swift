public import Sealing

/// A public key that may sign for a role.
public enum TrustKey: Hashable, Sendable {
    /// An Ed25519 key.
    case ed25519(Ed25519PublicKey)
    /// An ECDSA or RSA key.
    case encoded(EncodedPublicKey)

    /// Whether a signature is this key's over a message.
    public func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        switch self {
        case .ed25519(let key): key.verifies(signature, of: message)
        case .encoded(let key): key.verifies(signature, of: message)
        }
    }
}
