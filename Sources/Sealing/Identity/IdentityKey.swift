internal import COpenSSL
internal import CSodium
public import Faults

/// The private key of this machine's own certificate: EC or RSA, in memory or in a token.
///
/// It signs certificate requests and proves to servers whose certificate is shown. Nothing prints
/// it; ``pem()`` alone gives its bytes, in locked memory.
@safe
public struct IdentityKey: ~Copyable {
    let raw: OpaquePointer

    private init(owning raw: OpaquePointer) { unsafe self.raw = raw }

    deinit { unsafe EVP_PKEY_free(raw) }

    /// Makes a new key on the curve P-256 (FIPS 186-5).
    ///
    /// - Returns: the key.
    /// - Throws: a `Fault` of code `internal` where libcrypto makes none.
    public static func generate() throws(Fault) -> IdentityKey {
        guard let context = unsafe EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil) else {
            throw cryptoFault("cannot make a key")
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(context) == 1,
            unsafe EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1,
            unsafe EVP_PKEY_keygen(context, &key) == 1, let key = unsafe key
        else { throw cryptoFault("cannot make a key") }
        return unsafe IdentityKey(owning: key)
    }

    /// Reads a key file and wipes the text that it was in.
    ///
    /// - Parameters:
    ///   - pem: the file's bytes, PKCS#8 in PEM without a passphrase; all zero afterwards.
    ///   - file: the file's name, for the message.
    /// - Returns: the key.
    /// - Throws: a `Fault` of code `keys`.
    public static func read(
        wiping pem: inout [UInt8], file: String
    ) throws(Fault) -> IdentityKey {
        defer { unsafe sodium_memzero(&pem, pem.count) }
        let frame = try PEMFrame(pem, file: file)
        guard frame.label == "PRIVATE KEY" else {
            throw refusal(file, "holds \(frame.describedLabel)")
        }
        let bio = try MemoryBIO.holding(pem)
        ERR_clear_error()
        // The callback's place is taken, so that nobody is ever asked for a passphrase.
        guard
            let raw = unsafe PEM_read_bio_PrivateKey(bio.raw, nil, { _, _, _, _ in 0 }, nil)
        else {
            throw refusal(file, "holds a private key that cannot be read")
        }
        let key = unsafe IdentityKey(owning: raw)
        guard key.isAccepted else { throw refusal(file, "holds another kind of key") }
        return key
    }

    /// Opens a key in a token or TPM, which does not give it out.
    ///
    /// - Parameter uri: its `pkcs11:` URI (RFC 7512); a PIN is read from the file that the URI names
    ///   (`pin-source=file:…`).
    /// - Returns: the key.
    /// - Throws: a `Fault` of code `keys`.
    public static func token(_ uri: String) throws(Fault) -> IdentityKey {
        let key = unsafe IdentityKey(owning: try TokenEngine.privateKey(uri))
        guard key.isAccepted else { throw refusal(uri, "is another kind of key") }
        return key
    }

    /// The key as a file: PKCS#8 in PEM; not for a key in a token.
    public func pem() throws(Fault) -> SecretBytes {
        let bio = try MemoryBIO.empty()
        guard
            unsafe PEM_write_bio_PKCS8PrivateKey(bio.raw, raw, nil, nil, 0, nil, nil) == 1
        else { throw cryptoFault("cannot write a private key") }
        return try bio.takeSecret()
    }

    /// What kind of key it is, for people: `EC, 256 bits`.
    public var kind: String {
        let name = unsafe EVP_PKEY_get_base_id(raw) == EVP_PKEY_RSA ? "RSA" : "EC"
        return unsafe "\(name), \(EVP_PKEY_get_bits(raw)) bits"
    }

    private var isAccepted: Bool {
        switch unsafe EVP_PKEY_get_base_id(raw) {
        case EVP_PKEY_EC: unsafe EVP_PKEY_get_bits(raw) >= 256
        case EVP_PKEY_RSA: unsafe EVP_PKEY_get_bits(raw) >= 2048
        default: false
        }
    }

    private static func refusal(_ name: String, _ found: String) -> Fault {
        ERR_clear_error()
        return Fault(
            .keys,
            "The key \(name) \(found); an EC key of 256 bits or more, or an RSA key of 2048 or "
                + "more, was expected.",
            advice: "Have a new key and request made: nacelle identity request --new.")
    }
}
