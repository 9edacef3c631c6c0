internal import COpenSSL
public import Faults

/// SHA-512 (FIPS 180-4), by libcrypto.
public enum SHA512 {
    /// The digest's length in bytes.
    public static let length = 64

    /// The digest of some bytes.
    ///
    /// - Throws: a `Fault` of code `internal` where libcrypto fails.
    public static func digest(of bytes: [UInt8]) throws(Fault) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: length)
        var count: UInt32 = 0
        let result = unsafe EVP_Digest(bytes, bytes.count, &digest, &count, EVP_sha512(), nil)
        guard result == 1, count == UInt32(length) else {
            throw cryptoFault("cannot make a SHA-512 digest")
        }
        return digest
    }
}
