public import Faults
public import Sealing
public import StrictJSON

/// TUF root metadata (TUF 1.0.34, section 4.3) as it was parsed: nothing is verified.
///
/// ``VerifiedRoot`` is what may be trusted.
public struct RootMetadata: Sendable, Equatable {
    /// The longest root metadata, in bytes.
    public static let limit = 512 * 1024
    /// The most keys in it.
    public static let keyLimit = 512
    /// The versions that there can be.
    public static let versions = 1...Int(Int32.max)

    /// Who may sign for one role, as the metadata lists them.
    public struct RoleList: Sendable, Equatable {
        /// The ids of its keys, each once; some may be of types that this release does not use.
        public let keyIDs: [Digest]
        /// How many of them must sign.
        public let threshold: Int
    }

    /// The file's two parts.
    public let file: SignedMetadata
    /// The metadata's version, from 1.
    public let version: Int
    /// When it expires, in seconds since 1970.
    public let expires: Int64
    /// Whether the repository names its files by version and digest.
    public let consistentSnapshot: Bool
    /// The keys as the metadata holds them, also those of unknown types, in the order read.
    public let keyForms: [(id: Digest, form: JSONValue)]
    /// The Ed25519 keys among them.
    public let keys: [Digest: Ed25519PublicKey]
    private let lists: [TrustRole: RoleList]

    /// Parses root metadata.
    ///
    /// - Parameter bytes: the file, at most ``limit`` bytes.
    /// - Throws: a `Fault` of code `malformed`, or `unsupported` for a major version of the
    ///   specification other than 1.
    public init(_ bytes: [UInt8]) throws(Fault) {
        let limits = JSONLimits(bytes: RootMetadata.limit, depth: 16, values: 20_000)
        self = try RootReader.read(try SignedMetadata(bytes, limits: limits, what: "root"))
    }

    init(
        file: SignedMetadata, version: Int, expires: Int64, consistentSnapshot: Bool,
        keyForms: [(id: Digest, form: JSONValue)], keys: [Digest: Ed25519PublicKey],
        lists: [TrustRole: RoleList]
    ) {
        self.file = file
        self.version = version
        self.expires = expires
        self.consistentSnapshot = consistentSnapshot
        self.keyForms = keyForms
        self.keys = keys
        self.lists = lists
    }

    /// Two of them are the same where all that they hold is.
    public static func == (left: RootMetadata, right: RootMetadata) -> Bool {
        left.file == right.file
    }

    /// A role as the metadata lists it.
    public func list(_ role: TrustRole) -> RoleList {
        // The reader has seen all four; a role without keys lets nobody sign.
        lists[role] ?? RoleList(keyIDs: [], threshold: 1)
    }

    /// The keys of a role that can be used, with its threshold.
    func roleKeys(_ role: TrustRole) -> RoleKeys {
        let list = list(role)
        return RoleKeys(
            members: list.keyIDs.compactMap { id in
                keys[id].map { RoleKeys.Key(id: id, publicKey: $0) }
            }, threshold: list.threshold)
    }
}
