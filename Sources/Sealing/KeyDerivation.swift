internal import COpenSSL
public import Faults

/// HKDF with SHA-256 (RFC 5869), by libcrypto.
public enum KeyDerivation {
    /// Derives `count` bytes for one purpose.
    ///
    /// - Parameters:
    ///   - key: the input keying material.
    ///   - salt: the salt.
    ///   - label: the purpose; distinct labels give independent keys.
    ///   - count: how many bytes, at most 8160.
    /// - Returns: the derived bytes.
    /// - Throws: a `Fault` of code `internal` where libcrypto refuses.
    public static func derive(
        from key: borrowing SecretBytes, salt: [UInt8], label: String, count: Int = 32
    ) throws(Fault) -> SecretBytes {
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "HKDF", nil) else {
            throw cryptoFault("libcrypto offers no HKDF")
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        let info = Array(label.utf8)
        var ready = unsafe EVP_PKEY_derive_init(context) == 1
        ready = unsafe ready && EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256()) == 1
        ready =
            unsafe ready
            && EVP_PKEY_CTX_set1_hkdf_salt(context, salt, Int32(salt.count)) == 1
        ready =
            unsafe ready
            && EVP_PKEY_CTX_set1_hkdf_key(context, key.pointer, Int32(key.count)) == 1
        ready =
            unsafe ready
            && EVP_PKEY_CTX_add1_hkdf_info(context, info, Int32(info.count)) == 1
        guard ready else { throw cryptoFault("cannot derive a key") }
        return try SecretBytes(count: count) { (span) throws(Fault) in
            var length = span.count
            let result = unsafe span.withUnsafeMutableBufferPointer {
                unsafe EVP_PKEY_derive(context, $0.baseAddress, &length)
            }
            guard result == 1, length == count else { throw cryptoFault("cannot derive a key") }
        }
    }
}
