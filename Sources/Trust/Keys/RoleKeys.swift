public import Faults
public import Sealing

/// The keys that may sign for one role, and how many of them it takes.
public struct RoleKeys: Sendable, Equatable {
    /// The most keys that a role may have.
    public static let limit = 64

    /// A key with the id by which signatures name it.
    public struct Key: Sendable, Equatable {
        /// The SHA-256 of the key's canonical form.
        public let id: Digest
        /// The key.
        public let publicKey: TrustKey
    }

    /// The keys that can be used; a role may also list keys of types that this release does not use.
    public let members: [Key]
    /// How many different keys must have signed.
    public let threshold: Int

    /// The keys without their ids.
    public var keys: [TrustKey] { members.map(\.publicKey) }

    init(members: [Key], threshold: Int) {
        self.members = members
        self.threshold = threshold
    }

    /// Makes a role from keys.
    ///
    /// - Parameters:
    ///   - keys: different keys, at most ``limit``.
    ///   - threshold: from 1 to the number of keys.
    /// - Throws: a `Fault` of code `keys` where these do not fit together.
    public init(keys: [Ed25519PublicKey], threshold: Int) throws(Fault) {
        guard Set(keys).count == keys.count, keys.count <= RoleKeys.limit, threshold >= 1,
            threshold <= keys.count
        else {
            throw Fault(
                .keys,
                "A role takes 1 to \(RoleKeys.limit) different keys and a threshold no larger; "
                    + "\(keys.count) keys (\(Set(keys).count) different) and a threshold of "
                    + "\(threshold) were given.")
        }
        var members: [Key] = []
        for key in keys {
            members.append(Key(id: try key.keyID(), publicKey: .ed25519(key)))
        }
        self.init(members: members, threshold: threshold)
    }
}
