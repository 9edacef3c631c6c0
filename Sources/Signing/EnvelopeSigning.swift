public import Faults
internal import Sealing
public import Trust

extension DSSEEnvelope {
    /// The same envelope, signed by one more key.
    ///
    /// - Parameters:
    ///   - key: a key that has not signed it yet.
    ///   - type: the type that the payload must have; nothing else is ever signed.
    /// - Returns: the envelope with the signature, in the order of the key ids.
    /// - Throws: a `Fault` of code `keys` where this key has signed already, `malformed` or
    ///   `unsupported` where the payload is of another type.
    public func signed(
        by key: borrowing Ed25519SigningKey, type: PayloadType
    ) throws(Fault) -> DSSEEnvelope {
        let message = DSSE.preAuthenticationEncoding(
            type: type.rawValue, payload: try payload(expecting: type))
        let keyID = try key.publicKey.keyID()
        // One that names no key may be this key's, so the signatures themselves are tried.
        for signature in signatures where key.publicKey.verifies(signature.bytes, of: message) {
            throw Fault(.keys, "The key \(keyID.short)… has signed the envelope already.")
        }
        return try adding(Signature(keyID: keyID.hex, bytes: try key.sign(message)))
    }
}

/// Signs payloads with keys from files, of which one at a time is in memory.
public enum PayloadSigner {
    /// Signs a payload with several keys.
    ///
    /// - Parameters:
    ///   - payload: what to sign.
    ///   - type: what it is.
    ///   - keyFiles: the paths of the signing keys.
    /// - Returns: the envelope.
    /// - Throws: a `Fault` of a key file, or of code `keys` where two files hold one key.
    public static func sign(
        _ payload: [UInt8], type: PayloadType, keyFiles: [String]
    ) throws(Fault) -> DSSEEnvelope {
        var envelope = DSSEEnvelope(type: type, payload: payload)
        for path in keyFiles {
            let key = try KeyFiles.signingKey(path)
            do throws(Fault) {
                envelope = try envelope.signed(by: key, type: type)
            } catch {
                throw error.during("Signing with \(path)")
            }
        }
        return envelope
    }
}
