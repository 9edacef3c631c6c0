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
    /// The threshold counts different public keys, whatever ids name them. A key id is a hint: the
    /// key that it names is tried first, then the others, so the work is at most
    /// ``signatureLimit`` times ``RoleKeys/limit`` checks.
    ///
    /// - Parameters:
    ///   - type: the type that the payload must have, compared before it is decoded.
    ///   - role: who may sign.
    /// - Returns: the payload.
    /// - Throws: a ``Faults/Fault`` of code `untrusted` that counts the signatures, or `malformed` or
    ///   `unsupported` for another type.
    public func verify(type: PayloadType, role: RoleKeys) throws(Fault) -> VerifiedPayload {
        let payload = try payload(expecting: type)
        let message = DSSE.preAuthenticationEncoding(type: type.rawValue, payload: payload)
        var tally = SignatureTally(threshold: role.threshold)
        for signature in signatures {
            let named = role.members.first { $0.id.hex == signature.keyID }
            let others = role.members.filter { $0.id != named?.id }
            let candidates = (named.map { [$0] } ?? []) + others
            let signer = candidates.first { $0.publicKey.verifies(signature.bytes, of: message) }
            if let signer {
                tally.accept(signer)
            } else if named != nil {
                tally.noteWrong(signature.keyID)
            } else {
                tally.noteUnknown(signature.keyID)
            }
        }
        guard tally.suffices else { throw tally.fault("The envelope") }
        return VerifiedPayload(type: type, bytes: payload, signers: tally.signers)
    }
}
