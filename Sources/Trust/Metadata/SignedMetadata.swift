public import Faults
internal import Sealing
public import StrictJSON

/// A TUF metadata file as it was parsed: what is signed, and the signatures; nothing is verified.
///
/// Signatures stand over the canonical form of `signed`, recomputed from the parsed value, so
/// fields that this release does not know are covered too.
public struct SignedMetadata: Sendable, Equatable {
    /// One signature of a metadata file.
    public struct Signature: Sendable, Equatable {
        /// The id of the key that is said to have signed.
        public let keyID: String
        /// The signature, empty where the file holds none that can be read.
        public let bytes: [UInt8]

        /// Makes a signature.
        public init(keyID: String, bytes: [UInt8]) {
            self.keyID = keyID
            self.bytes = bytes
        }
    }

    /// The most signatures that are accepted in one file.
    public static let signatureLimit = 256

    /// The longest text of a signature; none that can be valid has more than 4096 digits.
    private static let textLimit = 64 << 10

    /// The object that is signed.
    public let signed: JSONValue
    /// Its canonical form: the bytes that are signed.
    public let canonical: [UInt8]
    /// The signatures, each key id once.
    public let signatures: [Signature]

    /// Parses a metadata file.
    ///
    /// - Parameters:
    ///   - bytes: the file.
    ///   - limits: the bounds of the JSON text.
    ///   - what: what the file is, for messages.
    /// - Throws: a `Fault` of code `malformed`; also where a key id stands twice among the
    ///   signatures.
    public init(_ bytes: [UInt8], limits: JSONLimits, what: String) throws(Fault) {
        let json: JSONValue
        do throws(Fault) {
            json = try JSONReader.read(bytes, limits: limits)
        } catch {
            throw error.during("The metadata of “\(what)”")
        }
        let value = try JSONFields(json, path: what)
        var signatures: [Signature] = []
        var seen: Set<String> = []
        let list = try value.array("signatures", limit: SignedMetadata.signatureLimit)
        for (number, entry) in list.enumerated() {
            let entry = try JSONFields(entry, path: "\(what).signatures[\(number)]")
            let keyID = try entry.string("keyid", limit: 256)
            guard seen.insert(keyID).inserted else {
                throw Fault(
                    .malformed, "“\(what).signatures” holds two signatures of the key id \(keyID).")
            }
            // An empty or unreadable extra signature is tolerated: it counts for nothing.
            let text = try entry.string("sig", limit: SignedMetadata.textLimit)
            let bytes = text.utf8.count <= 4096 ? Hex.decode(text) ?? [] : []
            signatures.append(Signature(keyID: keyID, bytes: bytes))
        }
        self.signed = try value.object("signed").value
        self.canonical = try signed.canonical()
        self.signatures = signatures
    }

    /// Makes a metadata file from its parts.
    ///
    /// - Parameters:
    ///   - signed: the object that is signed.
    ///   - signatures: the signatures, each key id once.
    /// - Throws: a `Fault` where `signed` has no canonical form.
    public init(signed: JSONValue, signatures: [Signature]) throws(Fault) {
        self.signed = signed
        self.canonical = try signed.canonical()
        self.signatures = signatures
    }

    /// The file: indented, signatures in the order of their key ids, always the same bytes.
    public var encoded: [UInt8] {
        let sorted = signatures.sorted { $0.keyID.utf8.lexicographicallyPrecedes($1.keyID.utf8) }
        return JSONValue.members([
            (
                "signatures",
                .array(
                    sorted.map {
                        .members([
                            ("keyid", .string($0.keyID)), ("sig", .string(Hex.encode($0.bytes))),
                        ])
                    })
            ),
            ("signed", signed),
        ]).pretty
    }

    /// Refuses the file unless enough of a role's keys have signed it.
    ///
    /// - Parameters:
    ///   - role: who may sign.
    ///   - what: what the file is, for the message.
    /// - Throws: a `Fault` of code `untrusted` that counts the signatures.
    public func verify(by role: RoleKeys, _ what: String) throws(Fault) {
        let tally = tally(by: role)
        guard tally.suffices else { throw tally.fault(what) }
    }

    /// Counts the signatures that a role's keys made.
    private func tally(by role: RoleKeys) -> SignatureTally {
        var tally = SignatureTally(threshold: role.threshold)
        for signature in signatures {
            guard let key = role.members.first(where: { $0.id.hex == signature.keyID }) else {
                tally.noteUnknown(signature.keyID)
                continue
            }
            if key.publicKey.verifies(signature.bytes, of: canonical) {
                tally.accept(key)
            } else {
                tally.noteWrong(signature.keyID)
            }
        }
        return tally
    }
}
