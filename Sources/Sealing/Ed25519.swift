internal import CSodium

/// An Ed25519 public key (RFC 8032): 32 bytes.
public struct Ed25519PublicKey: Hashable, Sendable {
    /// The 32 bytes.
    public let bytes: [UInt8]

    /// Takes a key from exactly 32 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// Whether `signature` (64 bytes) is this key's over `message`.
    ///
    /// libsodium refuses small-order keys and non-canonical signatures.
    public func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == 64 else { return false }
        return unsafe crypto_sign_ed25519_verify_detached(
            signature, message, UInt64(message.count), bytes) == 0
    }
}
