internal import Faults
internal import Sealing
internal import StrictJSON

/// The object `keys` of root or delegating metadata: every key by its id.
struct KeyTable: Sendable {
    /// The most keys in one table.
    static let limit = 512

    /// The keys as the metadata holds them, also those of unknown types, in the order read.
    let forms: [(id: Digest, form: JSONValue)]
    /// Those that can be used.
    let usable: [Digest: TrustKey]

    /// Reads the table.
    ///
    /// - Parameters:
    ///   - object: the object.
    ///   - schemes: which keys are to be used; others are kept, and count for nothing.
    /// - Throws: a `Fault` of code `malformed`.
    init(_ object: JSONFields, accepting schemes: Set<KeyScheme>) throws(Fault) {
        guard case .object(let members) = object.value, members.count <= KeyTable.limit else {
            throw Fault(.malformed, "“\(object.path)” has more than \(KeyTable.limit) keys.")
        }
        var forms: [(id: Digest, form: JSONValue)] = []
        var usable: [Digest: TrustKey] = [:]
        for member in members {
            let id = try KeyTable.id(member.key, "“\(object.path)” has a key id")
            let fields = try JSONFields(member.value, path: "\(object.path).\(id.short)…")
            let type = try fields.string("keytype", limit: 64)
            forms.append((id, member.value))
            // Repositories that are in use have published keys under ids of an earlier form. They
            // count for nothing, and do not end the chain of roots that a later one mends.
            guard try KeyTable.isID(id, of: fields) else { continue }
            let scheme = try fields.optionalString("scheme", limit: 64).flatMap(
                KeyScheme.init(rawValue:))
            guard let scheme, scheme.keyTypes.contains(type), schemes.contains(scheme) else {
                continue
            }
            usable[id] = try KeyTable.key(scheme, fields)
        }
        self.forms = forms
        self.usable = usable
    }

    /// A key id, which is a SHA-256 in hexadecimal.
    static func id(_ text: String, _ what: String) throws(Fault) -> Digest {
        guard let digest = Digest(hex: text) else {
            throw Fault(
                .malformed,
                "\(what) of \(text.utf8.count) bytes; 64 lower-case hexadecimal digits were expected."
            )
        }
        return digest
    }

    /// Who may sign, from an object with `keyids` and `threshold`.
    func role(_ fields: JSONFields) throws(Fault) -> RoleKeys {
        let list = try KeyTable.list(fields)
        return RoleKeys(
            members: list.ids.compactMap { id in
                usable[id].map { RoleKeys.Key(id: id, publicKey: $0) }
            }, threshold: list.threshold)
    }

    /// The fields `keyids`, each once, and `threshold`.
    static func list(_ fields: JSONFields) throws(Fault) -> (ids: [Digest], threshold: Int) {
        var ids: [Digest] = []
        for text in try fields.strings("keyids", limit: RoleKeys.limit, length: 64) {
            let id = try id(text, "“\(fields.path).keyids” has an id")
            guard !ids.contains(id) else {
                throw Fault(
                    .malformed, "“\(fields.path).keyids” holds the id \(id.short)… twice.")
            }
            ids.append(id)
        }
        return (ids, try fields.integer("threshold", in: 1...1_000_000))
    }

    private static func key(_ scheme: KeyScheme, _ fields: JSONFields) throws(Fault) -> TrustKey {
        let limit = scheme == .ed25519 ? 64 : EncodedPublicKey.textLimit
        let text = try fields.object("keyval").string("public", limit: limit)
        let key: TrustKey? =
            switch scheme {
            case .ed25519: Hex.decode(text).flatMap(Ed25519PublicKey.init).map(TrustKey.ed25519)
            case .ecdsa: EncodedPublicKey(pem: text, algorithm: .ecdsaP256).map(TrustKey.encoded)
            case .rsa: EncodedPublicKey(pem: text, algorithm: .rsaPSS).map(TrustKey.encoded)
            }
        guard let key else {
            let expected =
                switch scheme {
                case .ed25519: "an Ed25519 key of 64 lower-case hexadecimal digits"
                case .ecdsa: "an EC key on the curve P-256 in PEM"
                case .rsa: "an RSA key of 2048 to 8192 bits in PEM"
                }
            throw Fault(.malformed, "“\(fields.path).keyval.public” is not \(expected).")
        }
        return key
    }

    /// The id must be the digest of the key, whole or without the fields that the specification
    /// does not name: repositories add such fields to a key that has its id already.
    private static func isID(_ id: Digest, of key: JSONFields) throws(Fault) -> Bool {
        let named = ["keytype", "scheme", "keyval"]
        let reduced = JSONValue.members(named.map { ($0, key.value[$0]) })
        let digests = [
            try SHA256.digest(of: try key.value.canonical()),
            try SHA256.digest(of: try reduced.canonical()),
        ]
        return digests.contains(id)
    }
}
