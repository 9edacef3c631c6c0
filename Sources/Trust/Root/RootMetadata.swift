public import Faults
public import Sealing
public import StrictJSON

/// TUF root metadata (TUF 1.0.34, section 4.3) as it was parsed: nothing is verified.
///
/// ``VerifiedRoot`` is what may be trusted.
public struct RootMetadata: Sendable, Equatable {
    /// The longest root metadata, in bytes.
    public static let limit = 512 * 1024

    /// Who may sign for one role, as the metadata lists them.
    public struct RoleList: Sendable, Equatable {
        /// The ids of its keys, each once; some may be of types that this release does not use.
        public let keyIDs: [Digest]
        /// How many of them must sign.
        public let threshold: Int
    }

    /// The file's two parts.
    public let file: SignedMetadata
    private let header: MetadataHeader
    /// Whether the repository names its files by version and digest.
    public let consistentSnapshot: Bool
    private let table: KeyTable
    private let lists: [TrustRole: RoleList]

    /// Parses root metadata.
    ///
    /// - Parameters:
    ///   - bytes: the file, at most ``limit`` bytes.
    ///   - schemes: which keys are to be used; others are kept, and count for nothing.
    /// - Throws: a `Fault` of code `malformed`, or `unsupported` for a major version of the
    ///   specification other than 1.
    public init(
        _ bytes: [UInt8], accepting schemes: Set<KeyScheme> = .ed25519Alone
    ) throws(Fault) {
        let limits = JSONLimits(bytes: RootMetadata.limit, depth: 16, values: 20_000)
        self = try RootReader.read(
            try SignedMetadata(bytes, limits: limits, what: "root"), accepting: schemes)
    }

    init(
        file: SignedMetadata, header: MetadataHeader, consistentSnapshot: Bool, keys: KeyTable,
        lists: [TrustRole: RoleList]
    ) {
        self.file = file
        self.header = header
        self.consistentSnapshot = consistentSnapshot
        table = keys
        self.lists = lists
    }

    /// The metadata's version, from 1.
    public var version: Int { header.version }

    /// When it expires, in seconds since 1970.
    public var expires: Int64 { header.expires }

    /// The keys as the metadata holds them, also those of unknown types, in the order read.
    public var keyForms: [(id: Digest, form: JSONValue)] { table.forms }

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
                table.usable[id].map { RoleKeys.Key(id: id, publicKey: $0) }
            }, threshold: list.threshold)
    }
}
