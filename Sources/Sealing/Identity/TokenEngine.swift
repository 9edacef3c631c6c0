internal import COpenSSL
internal import Faults
internal import Glibc

/// OpenSSL's `pkcs11` engine, which opens keys in tokens and TPMs; held as long as a key of it lives.
enum TokenEngine {
    /// Opens a private key.
    ///
    /// - Parameter uri: its `pkcs11:` URI (RFC 7512), with a PIN source where the token wants one.
    /// - Returns: libcrypto's key, which is the caller's to free.
    /// - Throws: a `Fault` of code `keys`.
    static func privateKey(_ uri: String) throws(Fault) -> OpaquePointer {
        ENGINE_load_builtin_engines()
        ERR_clear_error()
        guard let engine = unsafe ENGINE_by_id("pkcs11") else { throw unavailable() }
        defer { unsafe ENGINE_free(engine) }
        // It would write to standard error, without saying of what, before the fault is told.
        _ = unsafe ENGINE_ctrl_cmd_string(engine, "QUIET", nil, 1)
        guard unsafe ENGINE_init(engine) == 1 else { throw unavailable() }
        // The key holds the engine for itself.
        defer { unsafe ENGINE_finish(engine) }
        // This interface answers no question, so that nobody is asked for a PIN.
        guard let key = unsafe ENGINE_load_private_key(engine, uri, UI_null(), nil) else {
            let cause = cryptoFault("").cause
            if let file = pinFile(uri), unsafe access(file, R_OK) != 0 {
                throw Fault(
                    .keys,
                    "The key \(uri) cannot be opened in its token: the file \(file), which is to "
                        + "hold its PIN, cannot be read.",
                    advice: "Put it there, readable by this user.", cause: cause)
            }
            throw Fault(
                .keys, "The key \(uri) cannot be opened in its token.",
                advice: "Check that the token is there, that the URI names one private key in it, "
                    + "and that pin-source=file:PATH holds its PIN and can be read by this user.",
                cause: cause)
        }
        return unsafe key
    }

    /// The file that a URI names for its PIN; `nil` where it names none, or in an escaped way.
    private static func pinFile(_ uri: String) -> String? {
        let mark = "pin-source="
        guard
            let part = uri.split(separator: "?", maxSplits: 1).dropFirst().first?
                .split(separator: "&").first(where: { $0.hasPrefix(mark) })
        else { return nil }
        var path = part.dropFirst(mark.count)
        for start in ["file://", "file:"] where path.hasPrefix(start) {
            path = path.dropFirst(start.count)
            break
        }
        return path.hasPrefix("/") && !path.contains("%") ? String(path) : nil
    }

    private static func unavailable() -> Fault {
        Fault(
            .keys, "OpenSSL's pkcs11 engine cannot be loaded; a pkcs11: URI needs it.",
            advice: "Install libengine-pkcs11-openssl and the token's own module.",
            cause: cryptoFault("").cause)
    }
}
