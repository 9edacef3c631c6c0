internal import CSodium
public import Faults

/// An X25519 public key (RFC 7748): 32 bytes.
///
/// Something sealed to it opens with its secret half.
public struct X25519PublicKey: Hashable, Sendable {
    /// The 32 bytes.
    public let bytes: [UInt8]

    /// Takes a key from exactly 32 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// What names the key in a list of recipients: the first 16 bytes of its SHA-256.
    public func id() throws(Fault) -> [UInt8] {
        Array(try SHA256.digest(of: bytes).bytes.prefix(16))
    }

    /// How many bytes longer a sealed box is than what it holds.
    public static let sealOverhead = 48

    /// Seals a short secret to this key (libsodium's sealed box: ephemeral X25519, XSalsa20-Poly1305).
    ///
    /// - Throws: a `Fault` of code `keys` for a key of small order.
    public func seal(_ secret: borrowing SecretBytes) throws(Fault) -> [UInt8] {
        try Sodium.start()
        var box = [UInt8](repeating: 0, count: secret.count + X25519PublicKey.sealOverhead)
        let result = unsafe crypto_box_seal(
            &box, secret.pointer, UInt64(secret.count), bytes)
        guard result == 0 else {
            throw Fault(.keys, "The recipient key \(Hex.encode(bytes)) is not a usable X25519 key.")
        }
        return box
    }
}

/// An X25519 secret key, which opens what was sealed to its public half.
public struct X25519SecretKey: ~Copyable, Sendable {
    let secret: SecretBytes
    /// The public half.
    public let publicKey: X25519PublicKey

    /// Takes the 32 secret bytes.
    ///
    /// - Throws: a `Fault` of code `keys` for another length or an unusable key.
    public init(_ secret: consuming SecretBytes) throws(Fault) {
        guard secret.count == 32 else {
            throw Fault(.keys, "An X25519 secret key has 32 bytes; \(secret.count) were given.")
        }
        var bytes = [UInt8](repeating: 0, count: 32)
        let result = unsafe crypto_scalarmult_curve25519_base(&bytes, secret.pointer)
        guard result == 0, let publicKey = X25519PublicKey(bytes) else {
            throw Fault(.keys, "The X25519 secret key is not usable.")
        }
        self.secret = secret
        self.publicKey = publicKey
    }

    /// Opens a sealed box; `nil` where it was not sealed to this key or was altered.
    public func open(_ box: [UInt8]) throws(Fault) -> SecretBytes? {
        let length = box.count - X25519PublicKey.sealOverhead
        guard length > 0 else { return nil }
        var plain = [UInt8](repeating: 0, count: length)
        let result = unsafe crypto_box_seal_open(
            &plain, box, UInt64(box.count), publicKey.bytes, secret.pointer)
        guard result == 0 else { return nil }
        let opened = try SecretBytes(copying: plain)
        unsafe sodium_memzero(&plain, plain.count)
        return opened
    }
}
