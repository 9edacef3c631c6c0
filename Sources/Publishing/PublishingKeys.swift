internal import Faults
internal import Sealing
internal import Signing
internal import Trust

/// The signing key files that are at hand.
public struct PublishingKeys: Sendable {
    /// Keys of the role `targets`, which belong offline.
    public var targets: [String]
    /// Keys of the roles `snapshot` and `timestamp`.
    public var online: [String]

    /// Names key files.
    public init(targets: [String] = [], online: [String] = []) {
        self.targets = targets
        self.online = online
    }

    /// Refuses a key file that signs for none of the roles that it was given for.
    ///
    /// - Parameter roots: the roots whose keys count; in a rotation two.
    /// - Throws: a `Fault` of code `keys` that names the file.
    func check(under roots: [VerifiedRoot]) throws(Fault) {
        try check(targets, roots, [.targets], "--targets-key")
        try check(online, roots, [.snapshot, .timestamp], "--online-key")
    }

    private func check(
        _ files: [String], _ roots: [VerifiedRoot], _ roles: [TrustRole], _ option: String
    ) throws(Fault) {
        for path in files {
            let key = try PublishingKeys.read(path)
            let accepted = roots.contains { root in
                roles.contains { PublishingKeys.has(root.keys(of: $0), key.publicKey) }
            }
            guard !accepted else { continue }
            let names = roles.map(\.rawValue).joined(separator: " or ")
            throw Fault(
                .keys,
                "The key \(try key.publicKey.keyID().short)… in \(path) does not sign for \(names) "
                    + "under root version \(roots.last?.version ?? 0).",
                advice: "“nacelle-bundle root show” lists who signs what; see \(option) in --help.")
        }
    }

    /// Refuses keys that are too few for a role, before anything is made.
    ///
    /// - Parameter root: the root that says how many it takes.
    /// - Throws: a `Fault` of code `untrusted` with the numbers.
    func checkNumbers(under root: VerifiedRoot) throws(Fault) {
        try checkNumbers(of: [.targets, .snapshot, .timestamp], under: root)
    }

    /// Refuses online keys that are too few, where there are enough targets keys to publish.
    ///
    /// With fewer targets keys what is made waits for signatures, which takes no online key.
    ///
    /// - Parameter root: the root that says how many it takes.
    /// - Throws: a `Fault` of code `untrusted` with the numbers.
    func checkOnlineNumbers(under root: VerifiedRoot) throws(Fault) {
        let isEnough = try count(of: .targets, under: root) >= root.keys(of: .targets).threshold
        if isEnough { try checkNumbers(of: [.snapshot, .timestamp], under: root) }
    }

    private func count(of role: TrustRole, under root: VerifiedRoot) throws(Fault) -> Int {
        var found: Set<TrustKey> = []
        for path in role == .targets ? targets : online {
            let key = try KeyFiles.signingKey(path).publicKey
            if PublishingKeys.has(root.keys(of: role), key) { found.insert(.ed25519(key)) }
        }
        return found.count
    }

    private func checkNumbers(
        of roles: [TrustRole], under root: VerifiedRoot
    ) throws(Fault) {
        for role in roles {
            let list = root.keys(of: role)
            let count = try count(of: role, under: root)
            guard count < list.threshold else { continue }
            throw Fault(
                .untrusted,
                "The role \(role.rawValue) needs \(list.threshold) signatures; \(count) of its "
                    + "keys were given.",
                advice: "Give more with \(role == .targets ? "--targets-key" : "--online-key").")
        }
    }

    /// Signs metadata with those keys that a role has.
    ///
    /// - Parameters:
    ///   - file: the metadata, perhaps signed by others.
    ///   - role: the role.
    ///   - roots: the roots whose keys count.
    /// - Returns: the metadata with the signatures that were not there yet.
    /// - Throws: a `Fault` of a key file.
    func sign(
        _ file: SignedMetadata, _ role: TrustRole, under roots: [VerifiedRoot]
    ) throws(Fault) -> SignedMetadata {
        var signatures = file.signatures
        for path in role == .targets ? targets : online {
            let key = try KeyFiles.signingKey(path)
            guard roots.contains(where: { PublishingKeys.has($0.keys(of: role), key.publicKey) })
            else { continue }
            signatures = try PublishingKeys.add(key, to: signatures, file.canonical)
        }
        return try SignedMetadata(signed: file.signed, signatures: signatures)
    }

    /// Adds a key's signature where a valid one does not stand there.
    static func add(
        _ key: borrowing Ed25519SigningKey, to signatures: [SignedMetadata.Signature],
        _ canonical: [UInt8]
    ) throws(Fault) -> [SignedMetadata.Signature] {
        let id = try key.publicKey.keyID().hex
        if let present = signatures.first(where: { $0.keyID == id }),
            key.publicKey.verifies(present.bytes, of: canonical)
        {
            return signatures
        }
        return signatures.filter { $0.keyID != id } + [
            SignedMetadata.Signature(keyID: id, bytes: try key.sign(canonical))
        ]
    }

    /// Reads a signing key; a public one in its place is said to be one.
    static func read(_ path: String) throws(Fault) -> Ed25519SigningKey {
        do throws(Fault) { return try KeyFiles.signingKey(path) } catch {
            guard (try? KeyFiles.signerPublicKey(path)) != nil else { throw error }
            throw Fault(
                .keys, "\(path) is a public key; signing takes the secret one.",
                advice: "Name the file that “nacelle-bundle keygen” wrote beside it, as a rule "
                    + "“….key”.")
        }
    }

    private static func has(_ role: RoleKeys, _ key: Ed25519PublicKey) -> Bool {
        role.members.contains { $0.publicKey == .ed25519(key) }
    }
}
