internal import COpenSSL

/// An ECDSA or RSA public key (SubjectPublicKeyInfo, RFC 5280), which libcrypto verifies with.
///
/// Two of them are equal where they are the same key, however each was written down.
public struct EncodedPublicKey: Hashable, Sendable {
    /// What a key is for, and how it signs.
    public enum Algorithm: Sendable, Hashable {
        /// ECDSA on the curve P-256 with SHA-256; signatures in DER (FIPS 186-5).
        case ecdsaP256
        /// RSASSA-PSS with SHA-256 (RFC 8017), of 2048 to 8192 bits; any length of salt.
        case rsaPSS
    }

    /// The longest text of a key, in bytes.
    public static let textLimit = 8192
    /// The sizes of RSA keys, in bits.
    public static let rsaBits = 2048...8192

    /// How it signs.
    public let algorithm: Algorithm
    /// The key in DER, its point uncompressed.
    public let der: [UInt8]

    /// Reads a key; `nil` where the text is anything else.
    ///
    /// - Parameters:
    ///   - pem: one PEM text of the kind `PUBLIC KEY`.
    ///   - algorithm: what it must be for.
    public init?(pem: String, algorithm: Algorithm) {
        guard pem.utf8.count <= EncodedPublicKey.textLimit,
            let key = PublicKeyHandle(pem: Array(pem.utf8)), key.serves(algorithm),
            let der = key.der(algorithm)
        else { return nil }
        self.algorithm = algorithm
        self.der = der
    }

    /// Whether a signature is this key's over a message.
    public func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let key = PublicKeyHandle(der: der) else { return false }
        return key.verifies(signature, of: message, algorithm)
    }
}

/// The owner of a libcrypto public key.
@safe
private struct PublicKeyHandle: ~Copyable {
    private let key: OpaquePointer

    init?(pem: [UInt8]) {
        // The memory is libcrypto's to read for as long as the BIO lives, not for its making alone.
        let key = unsafe pem.withUnsafeBufferPointer { buffer in
            guard let bio = unsafe BIO_new_mem_buf(buffer.baseAddress, Int32(buffer.count)) else {
                return unsafe OpaquePointer?.none
            }
            defer { unsafe BIO_free(bio) }
            // The password callback's place is taken, so that nobody is ever asked for one.
            return unsafe PEM_read_bio_PUBKEY(bio, nil, { _, _, _, _ in 0 }, nil)
        }
        guard let key = unsafe key else {
            ERR_clear_error()
            return nil
        }
        unsafe self.key = key
    }

    init?(der: [UInt8]) {
        let key = unsafe der.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return unsafe d2i_PUBKEY(nil, &start, buffer.count)
        }
        guard let key = unsafe key else {
            ERR_clear_error()
            return nil
        }
        unsafe self.key = key
    }

    deinit { unsafe EVP_PKEY_free(key) }

    func serves(_ algorithm: EncodedPublicKey.Algorithm) -> Bool {
        switch algorithm {
        case .ecdsaP256:
            var name = [CChar](repeating: 0, count: 64)
            var count = 0
            let known = unsafe EVP_PKEY_get_group_name(key, &name, name.count, &count)
            guard known == 1,
                String(decoding: name.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
                    == "prime256v1"
            else { return false }
            // A curve is named, never written out (RFC 5480, section 2.1.1); written out, the same
            // key would have a second form.
            var isWrittenOut: Int32 = 1
            return unsafe EVP_PKEY_get_int_param(key, "decoded-from-explicit", &isWrittenOut) == 1
                && isWrittenOut == 0
        case .rsaPSS:
            return unsafe EVP_PKEY_is_a(key, "RSA") == 1
                && EncodedPublicKey.rsaBits.contains(Int(unsafe EVP_PKEY_get_bits(key)))
        }
    }

    func der(_ algorithm: EncodedPublicKey.Algorithm) -> [UInt8]? {
        if algorithm == .ecdsaP256 {
            // One form for all, so that a key cannot count twice by being written twice.
            guard
                unsafe EVP_PKEY_set_utf8_string_param(
                    key, "point-format", "uncompressed") == 1
            else { return nil }
        }
        let length = unsafe i2d_PUBKEY(key, nil)
        guard length > 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(length))
        let written = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            var start = buffer.baseAddress
            return unsafe i2d_PUBKEY(key, &start)
        }
        return written == length ? bytes : nil
    }

    func verifies(
        _ signature: [UInt8], of message: [UInt8], _ algorithm: EncodedPublicKey.Algorithm
    ) -> Bool {
        defer { ERR_clear_error() }
        guard let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        var parameters: OpaquePointer?
        guard
            unsafe EVP_DigestVerifyInit(context, &parameters, EVP_sha256(), nil, key) == 1
        else { return false }
        if algorithm == .rsaPSS {
            guard unsafe EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1,
                unsafe EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_AUTO) == 1
            else { return false }
        }
        return unsafe EVP_DigestVerify(
            context, signature, signature.count, message, message.count) == 1
    }
}
