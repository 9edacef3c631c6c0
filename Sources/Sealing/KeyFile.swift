internal import CSodium
public import Faults

/// Key files as openssl writes and reads them: PEM around PKCS#8 or SubjectPublicKeyInfo (RFC 8410).
///
/// Bytes in, bytes out: whoever opens the file hands in what it held, and its permission bits to
/// ``checkMode(_:file:)``. Accepted is the one form that `openssl genpkey` and `openssl pkey -pubout`
/// give, so that a key has one encoding. No message repeats anything of a secret.
public enum KeyFile {
    /// The longest key file that is read, in bytes.
    public static let limit = 4096

    /// The kinds of key, by the last byte of their object identifier (1.3.101.x).
    package enum Algorithm: UInt8, Sendable, CaseIterable {
        case x25519 = 0x6E
        case ed25519 = 0x70

        /// The name for people.
        package var name: String { self == .x25519 ? "X25519" : "Ed25519" }

        fileprivate var secretPrefix: [UInt8] {
            [0x30, 0x2E, 2, 1, 0, 0x30, 5, 6, 3, 0x2B, 0x65, rawValue, 4, 0x22, 4, 0x20]
        }

        fileprivate var publicPrefix: [UInt8] {
            [0x30, 0x2A, 0x30, 5, 6, 3, 0x2B, 0x65, rawValue, 3, 0x21, 0]
        }
    }

    /// Refuses a secret key file that its group or others could use.
    ///
    /// - Parameters:
    ///   - mode: the file's permission bits.
    ///   - file: the file's name, for the message.
    /// - Throws: a `Fault` of code `permission`.
    public static func checkMode(_ mode: UInt32, file: String) throws(Fault) {
        guard mode & 0o077 == 0 else {
            throw Fault(
                .permission,
                "The secret key file \(file) has mode \(String(mode & 0o7777, radix: 8)); "
                    + "only its owner may have access.",
                advice: "Run: chmod 600 \(file)")
        }
    }

    /// Reads an X25519 secret key and wipes the text that it was in.
    ///
    /// - Parameters:
    ///   - pem: the file's bytes; all zero afterwards, also where this throws.
    ///   - file: the file's name, for the message.
    /// - Returns: the key.
    /// - Throws: a `Fault` of code `keys` that says what the file holds instead.
    public static func x25519SecretKey(
        wiping pem: inout [UInt8], file: String
    ) throws(Fault) -> X25519SecretKey {
        try X25519SecretKey(secret(.x25519, wiping: &pem, file: file))
    }

    /// Reads an X25519 public key.
    ///
    /// - Parameters:
    ///   - pem: the file's bytes.
    ///   - file: the file's name, for the message.
    /// - Returns: the key.
    /// - Throws: a `Fault` of code `keys` that says what the file holds instead.
    public static func x25519PublicKey(
        _ pem: [UInt8], file: String
    ) throws(Fault) -> X25519PublicKey {
        guard let key = X25519PublicKey(try publicBytes(.x25519, pem, file: file)) else {
            throw refusal(file, "does not hold a key of 32 bytes", .x25519, secret: false)
        }
        return key
    }

    /// Reads an Ed25519 public key.
    ///
    /// - Parameters:
    ///   - pem: the file's bytes.
    ///   - file: the file's name, for the message.
    /// - Returns: the key.
    /// - Throws: a `Fault` of code `keys` that says what the file holds instead.
    public static func ed25519PublicKey(
        _ pem: [UInt8], file: String
    ) throws(Fault) -> Ed25519PublicKey {
        guard let key = Ed25519PublicKey(try publicBytes(.ed25519, pem, file: file)) else {
            throw refusal(file, "does not hold a key of 32 bytes", .ed25519, secret: false)
        }
        return key
    }

    /// The file of an X25519 public key.
    public static func pem(_ key: X25519PublicKey) -> [UInt8] { pem(.x25519, key.bytes) }

    /// The file of an Ed25519 public key.
    public static func pem(_ key: Ed25519PublicKey) -> [UInt8] { pem(.ed25519, key.bytes) }

    /// The file of an X25519 secret key.
    public static func pem(_ key: borrowing X25519SecretKey) throws(Fault) -> SecretBytes {
        try pem(.x25519, key.secret)
    }

    /// The 32 secret bytes of a PKCS#8 file, whose text is wiped.
    package static func secret(
        _ algorithm: Algorithm, wiping pem: inout [UInt8], file: String
    ) throws(Fault) -> SecretBytes {
        defer { unsafe sodium_memzero(&pem, pem.count) }
        let frame = try PEMFrame(pem, file: file)
        guard frame.label == "PRIVATE KEY" else {
            throw refusal(file, "holds \(frame.describedLabel)", algorithm, secret: true)
        }
        let prefix = algorithm.secretPrefix
        let der = try SecretBytes(count: prefix.count + 32) { (span) throws(Fault) in
            guard frame.decode(pem, into: &span) else {
                throw refusal(file, "holds another kind of secret key", algorithm, secret: true)
            }
        }
        var raw = [UInt8](repeating: 0, count: der.count)
        defer { unsafe sodium_memzero(&raw, raw.count) }
        try der.withBytes { (span) throws(Fault) in
            for index in span.indices { raw[index] = span[index] }
        }
        guard raw.starts(with: prefix) else {
            let other = Algorithm.allCases.first { raw.starts(with: $0.secretPrefix) }
            throw refusal(
                file, "holds \(other.map { "an \($0.name)" } ?? "another kind of") secret key",
                algorithm, secret: true)
        }
        return try SecretBytes(count: 32) { (span) throws(Fault) in
            for index in span.indices { span[index] = raw[prefix.count + index] }
        }
    }

    /// The PKCS#8 file of 32 secret bytes, in locked memory like them.
    package static func pem(
        _ algorithm: Algorithm, _ secret: borrowing SecretBytes
    ) throws(Fault) -> SecretBytes {
        guard secret.count == 32 else {
            throw Fault(.internalError, "A secret key has 32 bytes; \(secret.count) were given.")
        }
        let prefix = algorithm.secretPrefix
        var der = prefix + [UInt8](repeating: 0, count: 32)
        defer { unsafe sodium_memzero(&der, der.count) }
        try secret.withBytes { (span) throws(Fault) in
            for index in span.indices { der[prefix.count + index] = span[index] }
        }
        var text = PEMFrame.encode(der, label: "PRIVATE KEY")
        defer { unsafe sodium_memzero(&text, text.count) }
        return try SecretBytes(copying: text)
    }

    private static func pem(_ algorithm: Algorithm, _ key: [UInt8]) -> [UInt8] {
        PEMFrame.encode(algorithm.publicPrefix + key, label: "PUBLIC KEY")
    }

    private static func publicBytes(
        _ algorithm: Algorithm, _ pem: [UInt8], file: String
    ) throws(Fault) -> [UInt8] {
        let frame = try PEMFrame(pem, file: file)
        guard frame.label == "PUBLIC KEY" else {
            throw refusal(file, "holds \(frame.describedLabel)", algorithm, secret: false)
        }
        let prefix = algorithm.publicPrefix
        var der = [UInt8](repeating: 0, count: prefix.count + 32)
        var span = der.mutableSpan
        guard frame.decode(pem, into: &span) else {
            throw refusal(file, "holds another kind of public key", algorithm, secret: false)
        }
        guard der.starts(with: prefix) else {
            let other = Algorithm.allCases.first { der.starts(with: $0.publicPrefix) }
            throw refusal(
                file, "holds \(other.map { "an \($0.name)" } ?? "another kind of") public key",
                algorithm, secret: false)
        }
        return Array(der.dropFirst(prefix.count))
    }

    private static func refusal(
        _ file: String, _ found: String, _ algorithm: Algorithm, secret: Bool
    ) -> Fault {
        let kind = "an \(algorithm.name) \(secret ? "secret" : "public") key"
        let form = secret ? "PKCS#8, as openssl genpkey" : "as openssl pkey -pubout"
        return Fault(
            .keys, "The key file \(file) \(found); \(kind) was expected.",
            advice: "Give a PEM file of that kind (\(form) writes it).")
    }
}
