public import Faults
internal import Sealing
internal import StrictJSON
public import Trust

/// Root metadata on its way to its signatures; it proves nothing until ``checked(after:)``.
public struct RootDocument: Sendable {
    private let file: SignedMetadata

    init(signed: JSONValue) throws(Fault) {
        file = try SignedMetadata(signed: signed, signatures: [])
        // What is made must be read: the same reader judges it.
        _ = try RootMetadata(file.encoded)
    }

    private init(_ file: SignedMetadata) {
        self.file = file
    }

    /// Reads a document that others have begun to sign.
    ///
    /// - Parameter bytes: the file.
    /// - Throws: a `Fault` of code `malformed` or `unsupported`.
    public init(_ bytes: [UInt8]) throws(Fault) {
        file = try RootMetadata(bytes).file
    }

    /// The ids of the keys that are said to have signed.
    public var signers: [String] { file.signatures.map(\.keyID) }

    /// The same document with one more signature.
    ///
    /// - Parameter key: a key of this root's role, or of the one before it.
    /// - Returns: the document, its signatures in the order of the key ids.
    /// - Throws: a `Fault` of code `keys` where the key has signed already.
    public func signed(by key: borrowing Ed25519SigningKey) throws(Fault) -> RootDocument {
        let keyID = try key.publicKey.keyID()
        for signature in file.signatures
        where key.publicKey.verifies(signature.bytes, of: file.canonical) {
            throw Fault(.keys, "The key \(keyID.short)… has signed this root already.")
        }
        // What stands under this id is no signature: other tools leave an empty one as a place.
        let others = file.signatures.filter { $0.keyID != keyID.hex }
        let signature = SignedMetadata.Signature(
            keyID: keyID.hex, bytes: try key.sign(file.canonical))
        return RootDocument(
            try SignedMetadata(signed: file.signed, signatures: others + [signature]))
    }

    /// The file: indented JSON, the same bytes whoever signed first.
    public var encoded: [UInt8] { file.encoded }

    /// The document as a device will judge it.
    ///
    /// - Parameter previous: the root that it follows; `nil` for a first one.
    /// - Returns: the verified root.
    /// - Throws: a `Fault` of code `untrusted` where signatures are missing.
    public func checked(after previous: VerifiedRoot?) throws(Fault) -> VerifiedRoot {
        if let previous { return try previous.successor(encoded) }
        return try VerifiedRoot.load(encoded)
    }
}
