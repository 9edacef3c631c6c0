public import Faults
public import Sealing

/// A payload that enough keys of a role have signed.
///
/// Only ``DSSEEnvelope/verify(type:role:)`` makes one.
public struct VerifiedPayload: Sendable, Equatable {
    /// What the payload is.
    public let type: PayloadType
    /// The payload.
    public let bytes: [UInt8]
    /// The ids of the keys whose signatures are valid, each key once.
    public let signers: [Digest]

    fileprivate init(type: PayloadType, bytes: [UInt8], signers: [Digest]) {
        self.type = type
        self.bytes = bytes
        self.signers = signers
    }
}

extension DSSEEnvelope {
    /// Verifies the envelope's signatures.
    ///
    /// The threshold counts different public keys, whatever ids name them. The key that an id names
    /// is tried first, then the others, so the work is at most ``signatureLimit`` times
    /// ``RoleKeys/limit`` checks. A signature by a key that the role does not have is passed over,
    /// since other roots may know it; one that names a key of the role and is not that key's, or is
    /// a key's of the role under another id, shows that the envelope was altered.
    ///
    /// - Parameters:
    ///   - type: the type that the payload must have, compared before it is decoded.
    ///   - role: who may sign.
    /// - Returns: the payload.
    /// - Throws: a `Fault` of code `untrusted` that counts the signatures, or `malformed` or
    ///   `unsupported` for another type.
    public func verify(type: PayloadType, role: RoleKeys) throws(Fault) -> VerifiedPayload {
        let payload = try payload(expecting: type)
        let message = DSSE.preAuthenticationEncoding(type: type.rawValue, payload: payload)
        var tally = SignatureTally(threshold: role.threshold)
        for signature in signatures {
            let named = role.members.first { $0.id.hex == signature.keyID }
            let candidates = named.map { [$0] } ?? role.members
            let signer = candidates.first { $0.publicKey.verifies(signature.bytes, of: message) }
            switch (signer, named) {
            case (let signer?, _) where named != nil || signature.keyID == nil:
                tally.accept(signer)
            case (nil, nil): tally.noteUnknown(signature.keyID)
            default: tally.noteWrong(signature.keyID)
            }
        }
        guard !tally.isAltered else { throw tally.fault("The envelope was altered") }
        guard tally.suffices else { throw tally.fault("The envelope") }
        return VerifiedPayload(type: type, bytes: payload, signers: tally.signers)
    }
}
