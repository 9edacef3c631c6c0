internal import Faults
internal import Sealing
internal import StrictJSON

/// Reads the fields of root metadata.
enum RootReader {
    static func read(_ file: SignedMetadata) throws(Fault) -> RootMetadata {
        let signed = try JSONFields(file.signed, path: "root.signed")
        try checkKind(signed)
        let keys = try keys(signed.object("keys"))
        return RootMetadata(
            file: file,
            version: try signed.integer("version", in: RootMetadata.versions),
            expires: try expiry(signed),
            consistentSnapshot: try signed.bool("consistent_snapshot"),
            keyForms: keys.forms, keys: keys.usable,
            lists: try lists(signed.object("roles")))
    }

    private static func checkKind(_ signed: JSONFields) throws(Fault) {
        let type = try signed.string("_type", limit: 64)
        guard type == "root" else {
            throw Fault(.malformed, "“root.signed._type” is “\(type)”; “root” was expected.")
        }
        let specification = try signed.string("spec_version", limit: 32)
        let parts = specification.utf8.split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let numbers = parts.allSatisfy { part in
            !part.isEmpty && part.allSatisfy { (0x30...0x39).contains($0) }
        }
        guard numbers, parts.count == 2 || parts.count == 3 else {
            throw Fault(
                .malformed,
                "“root.signed.spec_version” is “\(specification)”; a version such as 1.0.34 was "
                    + "expected.")
        }
        guard parts[0].elementsEqual("1".utf8) else {
            throw Fault(
                .unsupported,
                "The root metadata follows version \(specification) of the TUF specification; "
                    + "versions 1.x are supported.",
                advice: "Update this program first.")
        }
    }

    private static func expiry(_ signed: JSONFields) throws(Fault) -> Int64 {
        let text = try signed.string("expires", limit: 64)
        guard let seconds = UTCTime.seconds(text) else {
            throw Fault(
                .malformed,
                "“root.signed.expires” is “\(text)”; a time such as 2031-05-09T00:00:00Z was "
                    + "expected.")
        }
        return seconds
    }

    private static func keys(
        _ object: JSONFields
    ) throws(Fault) -> (forms: [(id: Digest, form: JSONValue)], usable: [Digest: Ed25519PublicKey])
    {
        guard case .object(let members) = object.value, members.count <= RootMetadata.keyLimit
        else {
            throw Fault(
                .malformed, "“\(object.path)” has more than \(RootMetadata.keyLimit) keys.")
        }
        var forms: [(id: Digest, form: JSONValue)] = []
        var usable: [Digest: Ed25519PublicKey] = [:]
        for member in members {
            let id = try digest(member.key, "“\(object.path)” has a key id")
            let fields = try JSONFields(member.value, path: "\(object.path).\(id.short)…")
            let type = try fields.string("keytype", limit: 64)
            try checkID(id, fields)
            forms.append((id, member.value))
            guard type == "ed25519", try fields.optionalString("scheme", limit: 64) == "ed25519"
            else { continue }
            let text = try fields.object("keyval").string("public", limit: 64)
            guard let bytes = Hex.decode(text), let key = Ed25519PublicKey(bytes) else {
                throw Fault(
                    .malformed,
                    "“\(fields.path).keyval.public” is not an Ed25519 key of 64 lower-case "
                        + "hexadecimal digits.")
            }
            usable[id] = key
        }
        return (forms, usable)
    }

    /// The id must be the digest of the key, whole or without the fields that the specification
    /// does not name: repositories add such fields to a key that has its id already.
    private static func checkID(_ id: Digest, _ key: JSONFields) throws(Fault) {
        let named = ["keytype", "scheme", "keyval"]
        let reduced = JSONValue.members(named.map { ($0, key.value[$0]) })
        let digests = [
            try SHA256.digest(of: try key.value.canonical()),
            try SHA256.digest(of: try reduced.canonical()),
        ]
        guard digests.contains(id) else {
            throw Fault(
                .malformed,
                "The key with the id \(id.short)… in “root.signed.keys” has the SHA-256 "
                    + "\(digests[0].short)…; a key's id is its SHA-256.")
        }
    }

    private static func lists(
        _ object: JSONFields
    ) throws(Fault) -> [TrustRole: RootMetadata.RoleList] {
        var lists: [TrustRole: RootMetadata.RoleList] = [:]
        for role in TrustRole.allCases {
            let fields = try object.object(role.rawValue)
            var ids: [Digest] = []
            for text in try fields.strings("keyids", limit: RoleKeys.limit, length: 64) {
                let id = try digest(text, "“\(fields.path).keyids” has an id")
                guard !ids.contains(id) else {
                    throw Fault(
                        .malformed, "“\(fields.path).keyids” holds the id \(id.short)… twice.")
                }
                ids.append(id)
            }
            let threshold = try fields.integer("threshold", in: 1...1_000_000)
            lists[role] = RootMetadata.RoleList(keyIDs: ids, threshold: threshold)
        }
        return lists
    }

    private static func digest(_ text: String, _ what: String) throws(Fault) -> Digest {
        guard let digest = Digest(hex: text) else {
            throw Fault(
                .malformed,
                "\(what) of \(text.utf8.count) bytes; 64 lower-case hexadecimal digits were expected."
            )
        }
        return digest
    }
}
