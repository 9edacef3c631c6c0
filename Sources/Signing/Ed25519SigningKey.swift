// Signing: what the CI side alone has: secret signing keys. No device binary depends on it.

internal import CSodium
public import Faults
public import Sealing

/// An Ed25519 secret key (RFC 8032), in locked memory, which signs.
public struct Ed25519SigningKey: ~Copyable, Sendable {
    // libsodium's form: the seed, then the public key.
    private let expanded: SecretBytes
    /// The public half.
    public let publicKey: Ed25519PublicKey

    /// Takes a key from its seed.
    ///
    /// - Parameter seed: the 32 bytes that RFC 8032 calls the private key.
    /// - Throws: a `Fault` of code `keys` for another length.
    public init(seed: borrowing SecretBytes) throws(Fault) {
        guard seed.count == 32 else {
            throw Fault(.keys, "An Ed25519 seed has 32 bytes; \(seed.count) were given.")
        }
        var bytes = [UInt8](repeating: 0, count: 32)
        var expanded = [UInt8](repeating: 0, count: 64)
        defer { unsafe sodium_memzero(&expanded, expanded.count) }
        let result = try seed.withBytes { (span) throws(Fault) in
            unsafe span.withUnsafeBufferPointer { seed in
                guard let seed = seed.baseAddress else { return Int32(-1) }
                return unsafe crypto_sign_ed25519_seed_keypair(&bytes, &expanded, seed)
            }
        }
        guard result == 0, let publicKey = Ed25519PublicKey(bytes) else {
            throw Fault(.keys, "libsodium does not take the Ed25519 seed.")
        }
        self.expanded = try SecretBytes(copying: expanded)
        self.publicKey = publicKey
    }

    /// Makes a fresh key from the kernel's random generator.
    public static func generate() throws(Fault) -> Ed25519SigningKey {
        try Ed25519SigningKey(seed: try freshSecret())
    }

    /// Signs a message.
    ///
    /// - Parameter message: the whole message.
    /// - Returns: the 64 bytes of the signature; the same message gives the same.
    /// - Throws: a `Fault` where libsodium fails.
    public func sign(_ message: [UInt8]) throws(Fault) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: 64)
        let result = try expanded.withBytes { (span) throws(Fault) in
            unsafe span.withUnsafeBufferPointer { key in
                guard let key = key.baseAddress else { return Int32(-1) }
                return unsafe crypto_sign_ed25519_detached(
                    &signature, nil, message, UInt64(message.count), key)
            }
        }
        guard result == 0 else { throw Fault(.internalError, "libsodium does not sign.") }
        return signature
    }

    /// The file of this key, as `openssl genpkey -algorithm ed25519` would write it.
    func pem() throws(Fault) -> SecretBytes {
        var seed = [UInt8](repeating: 0, count: 32)
        defer { unsafe sodium_memzero(&seed, seed.count) }
        try expanded.withBytes { (span) throws(Fault) in
            for index in seed.indices { seed[index] = span[index] }
        }
        return try KeyFile.pem(.ed25519, try SecretBytes(copying: seed))
    }
}

extension X25519SecretKey {
    /// Makes a fresh key from the kernel's random generator.
    public static func generate() throws(Fault) -> X25519SecretKey {
        try X25519SecretKey(try freshSecret())
    }
}

/// 32 fresh bytes that never stand in ordinary memory.
private func freshSecret() throws(Fault) -> SecretBytes {
    try SecretBytes(count: 32) { (span) throws(Fault) in
        unsafe span.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            unsafe randombytes_buf(start, buffer.count)
        }
    }
}
