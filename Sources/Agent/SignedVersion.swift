internal import Bundle
internal import Faults
internal import Install
internal import Trust

/// A version by its envelope alone, verified: what it takes to admit, prove and watch it.
struct SignedVersion {
    let envelope: DSSEEnvelope
    let manifest: Manifest

    /// Verifies an envelope.
    ///
    /// - Parameters:
    ///   - bytes: the envelope, from whomever.
    ///   - root: the root of trust, whose `targets` role must have signed.
    /// - Throws: a `Fault` of code `malformed`, `unsupported` or `untrusted`.
    init(_ bytes: [UInt8], root: VerifiedRoot) throws(Fault) {
        envelope = try DSSEEnvelope(bytes)
        manifest = try VerifiedBundle.manifest(in: envelope, root: root)
    }
}
