public import Bundle
public import Faults
public import Sealing
public import Trust

/// A bundle whose manifest was signed by enough keys of the root of trust.
///
/// Only ``open(_:root:)`` makes one. Index and pack are not read yet; each piece of them is checked
/// against the manifest when it is.
public struct VerifiedBundle {
    /// The manifest, authentic.
    public let manifest: Manifest
    /// SHA-256 of the manifest's bytes as they were signed.
    public let manifestDigest: Digest
    /// The envelope that was verified, for who has to verify it again.
    public let envelope: DSSEEnvelope
    /// The keys that signed, by their ids.
    public let signers: [Digest]
    /// Where its bytes come from.
    public var origin: any ByteSource { source }
    let source: any ByteSource
    let preamble: Preamble

    /// Reads preamble and envelope and verifies them.
    ///
    /// - Parameters:
    ///   - source: the whole bundle.
    ///   - root: the root of trust, whose `targets` role must have signed.
    /// - Returns: the verified bundle.
    /// - Throws: a `Fault` of code `malformed`, `unsupported` or `untrusted`.
    public static func open(
        _ source: any ByteSource, root: VerifiedRoot
    ) throws(Fault) -> VerifiedBundle {
        let (preamble, envelope) = try readEnvelope(source)
        let payload = try envelope.verify(type: .manifest, role: root.keys(of: .targets))
        let manifest = try Manifest(reading: payload.bytes)
        func agree(_ what: String, _ manifest: Int64, _ preamble: Int64) throws(Fault) {
            guard manifest == preamble else {
                throw Fault(
                    .malformed,
                    "The signed manifest says that the \(what) has \(manifest) bytes; "
                        + "the file says \(preamble).", advice: "Fetch the bundle again.")
            }
        }
        try agree("index", manifest.index.length, preamble.index)
        try agree("pack", manifest.packLength, preamble.pack)
        guard (manifest.commitment != nil) == (preamble.recipients > 0) else {
            throw Fault(
                .malformed,
                manifest.commitment == nil
                    ? "The manifest says that nothing is sealed, but the file lists recipients."
                    : "The manifest says that the bundle is sealed, but the file lists no "
                        + "recipients.", advice: "Fetch the bundle again.")
        }
        return VerifiedBundle(
            manifest: manifest, manifestDigest: try SHA256.digest(of: payload.bytes),
            envelope: envelope, signers: payload.signers, source: source, preamble: preamble)
    }

    /// Verifies an envelope that was kept of a bundle.
    ///
    /// - Parameters:
    ///   - envelope: the envelope.
    ///   - root: the root of trust, whose `targets` role must have signed.
    /// - Returns: the manifest, authentic.
    /// - Throws: a `Fault` of code `malformed`, `unsupported` or `untrusted`.
    public static func manifest(
        in envelope: DSSEEnvelope, root: VerifiedRoot
    ) throws(Fault) -> Manifest {
        let payload = try envelope.verify(type: .manifest, role: root.keys(of: .targets))
        return try Manifest(reading: payload.bytes)
    }

    /// Reads preamble and envelope of a file and checks its length; nothing is authentic yet.
    public static func readEnvelope(
        _ source: any ByteSource
    ) throws(Fault) -> (preamble: Preamble, envelope: DSSEEnvelope) {
        let length = try source.length()
        let head = try source.read(at: 0, count: Int(min(length, Int64(Preamble.length))))
        let preamble = try Preamble.read(head.span)
        guard length == preamble.fileLength else {
            throw Fault(
                .malformed,
                "The bundle has \(length) bytes, and its first ones say "
                    + "\(preamble.fileLength): it "
                    + (length < preamble.fileLength ? "is truncated." : "has something appended."),
                advice: "Copy or fetch the bundle again.")
        }
        var bytes = try source.read(
            at: Int64(Preamble.length), count: preamble.envelope + preamble.recipients)
        guard try preamble.matches(head: bytes) else {
            throw Fault(
                .malformed, "The bundle's envelope or list of recipients was altered or damaged.",
                advice: "Copy or fetch the bundle again.")
        }
        bytes.removeLast(preamble.recipients)
        return (preamble, try DSSEEnvelope(bytes))
    }

    /// The list of recipients, which is not signed; empty in an unsealed bundle.
    public func recipients() throws(Fault) -> Recipients {
        guard preamble.recipients > 0 else { return Recipients() }
        let bytes = try source.read(at: preamble.recipientsOffset, count: preamble.recipients)
        return try Recipients(reading: bytes.span)
    }

    /// Opens the content key and derives the section keys; `nil` for an unsealed bundle.
    ///
    /// - Parameter key: this machine's key; `nil` where it has none.
    /// - Returns: the keys, which the signed manifest has committed to.
    /// - Throws: a `Fault` of code `not-recipient`, or `malformed` for a forged list.
    public func openKeys(with key: borrowing X25519SecretKey?) throws(Fault) -> ContentKeys? {
        guard let commitment = manifest.commitment else { return nil }
        guard let contentKey = try openContentKey(with: key) else {
            throw Fault(
                .notRecipient, "The bundle is sealed, and this machine has no device key.",
                advice: "Name it as “device-key” in the configuration.")
        }
        let keys = try ContentKeys(contentKey: contentKey, bundle: manifest.bundle)
        guard keys.commitment == commitment else {
            throw Fault(
                .malformed,
                "The content key sealed for this machine is not the one that the "
                    + "signed manifest commits to.", advice: "Fetch the bundle again.")
        }
        return keys
    }

    /// Opens the content key itself, for adding recipients.
    public func openContentKey(
        with key: borrowing X25519SecretKey?
    ) throws(Fault) -> SecretBytes? {
        switch key {
        case .some(let key): try recipients().open(with: key)
        case .none: nil
        }
    }
}
