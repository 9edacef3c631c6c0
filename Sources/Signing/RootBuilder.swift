public import Faults
public import Sealing
internal import StrictJSON
public import Trust

/// Makes root metadata: the first version, or the one that follows a verified root.
///
/// What an earlier version holds that this release does not know (fields, keys of other types) is
/// kept. The same changes give the same bytes.
public struct RootBuilder: Sendable {
    /// The specification that the metadata follows.
    public static let specification = "1.0.34"

    /// The version that is made.
    public let version: Int
    /// When it will expire, in seconds since 1970.
    public var expires: Int64

    private struct Role {
        var ids: [Digest] = []
        var threshold = 1
        var rest: [JSONValue.Member] = []
    }

    private var forms: [Digest: JSONValue] = [:]
    private var roles: [TrustRole: Role] = [:]
    private var otherRoles: [JSONValue.Member] = []
    private var rest: [JSONValue.Member] = []

    /// Begins a first version without keys; every threshold is 1.
    ///
    /// - Parameter expires: when it expires, in seconds since 1970.
    public init(expires: Int64) {
        version = 1
        self.expires = expires
        for role in TrustRole.allCases { roles[role] = Role() }
    }

    /// Begins the version that follows `root`, with the same keys and thresholds.
    ///
    /// - Parameters:
    ///   - root: the newest root.
    ///   - expires: when the new one expires, in seconds since 1970.
    public init(extending root: VerifiedRoot, expires: Int64) {
        version = root.version + 1
        self.expires = expires
        let signed = root.metadata.file.signed
        for key in root.metadata.keyForms { forms[key.id] = key.form }
        for role in TrustRole.allCases {
            let list = root.metadata.list(role)
            roles[role] = Role(
                ids: list.keyIDs, threshold: list.threshold,
                rest: members(signed["roles"]?[role.rawValue], without: ["keyids", "threshold"]))
        }
        otherRoles = members(signed["roles"], without: TrustRole.allCases.map(\.rawValue))
        rest = members(
            signed,
            without: [
                "_type", "spec_version", "version", "expires", "consistent_snapshot", "keys",
                "roles",
            ])
    }

    /// The ids of the keys that a role has now.
    public func keyIDs(of role: TrustRole) -> [Digest] { roles[role]?.ids ?? [] }

    /// Sets how many keys of a role must sign.
    ///
    /// - Parameters:
    ///   - threshold: at least 1; ``unsigned()`` checks it against the number of keys.
    ///   - role: the role.
    /// - Throws: a `Fault` of code `keys` for a threshold below 1.
    public mutating func setThreshold(_ threshold: Int, of role: TrustRole) throws(Fault) {
        guard threshold >= 1 else {
            throw Fault(
                .keys, "The threshold of \(role.rawValue) would be \(threshold); it is at least 1.")
        }
        roles[role, default: Role()].threshold = threshold
    }

    /// Lets a key sign for a role.
    ///
    /// - Parameters:
    ///   - key: a key that the role does not have yet.
    ///   - role: the role.
    /// - Returns: the key's id.
    /// - Throws: a `Fault` of code `keys` where the role has the key, or has no place left.
    @discardableResult
    public mutating func add(_ key: Ed25519PublicKey, to role: TrustRole) throws(Fault) -> Digest {
        let id = try key.keyID()
        guard !keyIDs(of: role).contains(id) else {
            throw Fault(.keys, "The role \(role.rawValue) has the key \(id.short)… already.")
        }
        guard keyIDs(of: role).count < RoleKeys.limit else {
            throw Fault(
                .keys, "The role \(role.rawValue) has \(RoleKeys.limit) keys, the most it takes.")
        }
        forms[id] = key.metadataForm
        roles[role, default: Role()].ids.append(id)
        return id
    }

    /// Takes a key from a role.
    ///
    /// - Parameters:
    ///   - id: the key's id.
    ///   - role: the role.
    /// - Throws: a `Fault` of code `keys` where the role does not have the key.
    public mutating func remove(_ id: Digest, from role: TrustRole) throws(Fault) {
        guard keyIDs(of: role).contains(id) else {
            let list = keyIDs(of: role).map { $0.short + "…" }.joined(separator: ", ")
            throw Fault(
                .keys,
                "The role \(role.rawValue) does not have the key \(id.short)…; it has "
                    + "\(list.isEmpty ? "none" : list).")
        }
        roles[role]?.ids.removeAll { $0 == id }
    }

    /// Puts a new key in an old one's place, in every role that has the old one.
    ///
    /// - Parameters:
    ///   - old: the id of the key to take away.
    ///   - new: the key to put in its place.
    /// - Throws: a `Fault` of code `keys` where no role has the old key.
    public mutating func rotate(_ old: Digest, to new: Ed25519PublicKey) throws(Fault) {
        let affected = TrustRole.allCases.filter { keyIDs(of: $0).contains(old) }
        guard !affected.isEmpty else {
            throw Fault(.keys, "No role has the key \(old.short)….")
        }
        // On a copy, so that a refusal leaves nothing half done.
        var changed = self
        for role in affected {
            try changed.remove(old, from: role)
            try changed.add(new, to: role)
        }
        self = changed
    }

    /// The metadata, without signatures.
    ///
    /// - Returns: the document to be signed.
    /// - Throws: a `Fault` of code `keys` for a threshold that the keys cannot reach.
    public func unsigned() throws(Fault) -> RootDocument {
        var roleMembers: [(String, JSONValue?)] = otherRoles.map { ($0.key, $0.value) }
        var used: Set<Digest> = []
        for role in TrustRole.allCases {
            let list = roles[role] ?? Role()
            guard list.threshold <= list.ids.count else {
                throw Fault(
                    .keys,
                    "The role \(role.rawValue) needs \(list.threshold) signatures and has "
                        + "\(list.ids.count) keys.",
                    advice: "Add keys to the role, or lower its threshold.")
            }
            used.formUnion(list.ids)
            let fields: [(String, JSONValue?)] = [
                ("keyids", .array(list.ids.sorted().map { .string($0.hex) })),
                ("threshold", .integer(list.threshold)),
            ]
            roleMembers.append(
                (role.rawValue, object(fields + list.rest.map { ($0.key, $0.value) })))
        }
        let keys = used.sorted().map { ($0.hex, forms[$0]) }
        let fields: [(String, JSONValue?)] = [
            ("_type", .string("root")),
            ("spec_version", .string(RootBuilder.specification)),
            ("version", .integer(version)),
            ("expires", .string(UTCTime.text(expires))),
            ("consistent_snapshot", .bool(true)),
            ("keys", object(keys)),
            ("roles", object(roleMembers)),
        ]
        return try RootDocument(signed: object(fields + rest.map { ($0.key, $0.value) }))
    }

    /// An object whose members stand in the canonical order.
    private func object(_ members: [(String, JSONValue?)]) -> JSONValue {
        .members(members.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) })
    }

    private func members(_ value: JSONValue?, without known: [String]) -> [JSONValue.Member] {
        guard case .object(let members)? = value else { return [] }
        return members.filter { !known.contains($0.key) }
    }
}
