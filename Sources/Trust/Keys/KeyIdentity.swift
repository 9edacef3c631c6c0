public import Faults
public import Sealing
public import StrictJSON

extension Ed25519PublicKey {
    /// The key as TUF metadata holds it.
    public var metadataForm: JSONValue {
        .members([
            ("keytype", .string("ed25519")),
            ("keyval", .members([("public", .string(Hex.encode(bytes)))])),
            ("scheme", .string("ed25519")),
        ])
    }

    /// The key's id: the SHA-256 of its canonical form (TUF 1.0.34, section 4.2).
    public func keyID() throws(Fault) -> Digest {
        try SHA256.digest(of: try metadataForm.canonical())
    }
}
