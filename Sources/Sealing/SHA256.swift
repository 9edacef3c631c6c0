internal import COpenSSL
public import Faults

/// A running SHA-256 (FIPS 180-4), by libcrypto, which uses the processor's instructions for it.
@safe
public struct SHA256: ~Copyable {
    private let context: OpaquePointer
    private let algorithm: OpaquePointer

    /// Begins a digest.
    ///
    /// - Throws: a `Fault` of code `internal` where libcrypto has no SHA-256.
    public init() throws(Fault) {
        // Fetched once a context: an implicit fetch at each start costs more than a small digest.
        guard let context = unsafe EVP_MD_CTX_new() else {
            throw cryptoFault("cannot begin a digest")
        }
        guard let algorithm = unsafe EVP_MD_fetch(nil, "SHA256", nil) else {
            unsafe EVP_MD_CTX_free(context)
            throw cryptoFault("libcrypto offers no SHA-256")
        }
        guard unsafe EVP_DigestInit_ex2(context, algorithm, nil) == 1 else {
            unsafe EVP_MD_CTX_free(context)
            unsafe EVP_MD_free(algorithm)
            throw cryptoFault("cannot begin a digest")
        }
        unsafe self.context = context
        unsafe self.algorithm = algorithm
    }

    deinit {
        unsafe EVP_MD_CTX_free(context)
        unsafe EVP_MD_free(algorithm)
    }

    /// Takes in more bytes.
    public mutating func update(_ bytes: Span<UInt8>) throws(Fault) {
        let result = unsafe bytes.withUnsafeBytes {
            unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count)
        }
        guard result == 1 else { throw cryptoFault("cannot go on with a digest") }
    }

    /// Ends the digest and begins a new one.
    public mutating func finish() throws(Fault) -> Digest {
        var bytes = [UInt8](repeating: 0, count: Digest.length)
        guard unsafe EVP_DigestFinal_ex(context, &bytes, nil) == 1,
            unsafe EVP_DigestInit_ex2(context, algorithm, nil) == 1,
            let digest = Digest(bytes.span)
        else { throw cryptoFault("cannot end a digest") }
        return digest
    }

    /// The digest of one span, ending whatever was begun.
    public mutating func digest(_ bytes: Span<UInt8>) throws(Fault) -> Digest {
        try update(bytes)
        return try finish()
    }

    /// The digest of some bytes.
    public static func digest(of bytes: [UInt8]) throws(Fault) -> Digest {
        var digest = try SHA256()
        return try digest.digest(bytes.span)
    }
}

/// A fault with libcrypto's own words.
func cryptoFault(_ what: String, code: FaultCode = .internalError) -> Fault {
    var text = [CChar](repeating: 0, count: 256)
    let error = ERR_get_error()
    if error == 0 { return Fault(code, what.prefix(1).uppercased() + what.dropFirst() + ".") }
    unsafe ERR_error_string_n(error, &text, text.count)
    ERR_clear_error()
    let said = String(
        decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return Fault(code, what.prefix(1).uppercased() + what.dropFirst() + ".", cause: said)
}
