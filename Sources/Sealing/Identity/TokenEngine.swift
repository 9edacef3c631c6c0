internal import COpenSSL
internal import Faults

/// OpenSSL's `pkcs11` engine, which opens keys in tokens and TPMs; loaded once a process.
enum TokenEngine {
    // Never given back: keys that it opened may live as long as the process.
    nonisolated(unsafe) private static let engine: OpaquePointer? = {
        ENGINE_load_builtin_engines()
        guard let engine = unsafe ENGINE_by_id("pkcs11"), unsafe ENGINE_init(engine) == 1 else {
            return nil
        }
        return unsafe engine
    }()

    /// Opens a private key.
    ///
    /// - Parameter uri: its `pkcs11:` URI (RFC 7512), with a PIN source where the token wants one.
    /// - Returns: libcrypto's key, which is the caller's to free.
    /// - Throws: a `Fault` of code `keys`.
    static func privateKey(_ uri: String) throws(Fault) -> OpaquePointer {
        ERR_clear_error()
        guard let engine = unsafe engine else {
            throw Fault(
                .keys, "OpenSSL's pkcs11 engine cannot be loaded; a pkcs11: URI needs it.",
                advice: "Install libengine-pkcs11-openssl and the token's own module.",
                cause: cryptoFault("").cause)
        }
        // The empty interface answers no question, so that nobody is asked for a PIN.
        guard let key = unsafe ENGINE_load_private_key(engine, uri, UI_OpenSSL_null(), nil) else {
            throw Fault(
                .keys, "The key \(uri) cannot be opened in its token.",
                advice: "Check that the token is there, that the URI names one private key in it, "
                    + "and that pin-source=file:PATH holds its PIN and can be read by this user.",
                cause: cryptoFault("").cause)
        }
        return unsafe key
    }

    private static func UI_OpenSSL_null() -> OpaquePointer? {
        // The library only reads it.
        unsafe UI_null().map { unsafe OpaquePointer(UnsafeRawPointer($0)) }
    }
}
