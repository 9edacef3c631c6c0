public import Faults

/// A root of trust whose signatures were verified.
///
/// Only ``load(_:accepting:)`` and ``successor(_:)`` make one. Expiry is not judged here: the caller knows the
/// time, and whether a root on the way to a newer one may have expired.
public struct VerifiedRoot: Sendable, Equatable {
    /// What it says.
    public let metadata: RootMetadata
    /// The file that it was read from, byte for byte, to be stored.
    public let bytes: [UInt8]
    /// Which keys are used; those of other schemes count for nothing.
    public let schemes: Set<KeyScheme>

    // The one initialiser; the two functions below call it after they have verified.
    private init(metadata: RootMetadata, bytes: [UInt8], schemes: Set<KeyScheme>) {
        self.metadata = metadata
        self.bytes = bytes
        self.schemes = schemes
    }

    /// The version, from 1.
    public var version: Int { metadata.version }

    /// When it expires, in seconds since 1970.
    public var expires: Int64 { metadata.expires }

    /// Whether it has expired at a time in seconds since 1970.
    public func hasExpired(at now: Int64) -> Bool { metadata.expires <= now }

    /// The keys that may sign for a role, and how many it takes.
    public func keys(of role: TrustRole) -> RoleKeys { metadata.roleKeys(role) }

    /// Takes a root that was brought by a trusted hand, and verifies it by its own root role.
    ///
    /// - Parameters:
    ///   - bytes: the metadata, at most ``RootMetadata/limit`` bytes.
    ///   - schemes: which keys are to be used, in this root and in all that follow it.
    /// - Returns: the verified root.
    /// - Throws: a `Fault` of code `malformed`, `unsupported` or `untrusted`.
    public static func load(
        _ bytes: [UInt8], accepting schemes: Set<KeyScheme> = .ed25519Alone
    ) throws(Fault) -> VerifiedRoot {
        let metadata = try RootMetadata(bytes, accepting: schemes)
        try verify(metadata, by: metadata)
        return VerifiedRoot(metadata: metadata, bytes: bytes, schemes: schemes)
    }

    /// Takes the root that follows this one (TUF 1.0.34, section 5.3).
    ///
    /// - Parameter bytes: the metadata of the next version.
    /// - Returns: the verified successor.
    /// - Throws: a `Fault` of code `malformed`, `unsupported` or `untrusted`: its version
    ///   must be the next one, and both this root's and its own root role must have signed it.
    public func successor(_ bytes: [UInt8]) throws(Fault) -> VerifiedRoot {
        let next = try RootMetadata(bytes, accepting: schemes)
        guard next.version == version + 1 else {
            throw Fault(
                .untrusted,
                "The root metadata has version \(next.version); after version \(version) comes "
                    + "\(version + 1).",
                advice: "Bring every version in between, in order.")
        }
        try VerifiedRoot.verify(next, by: metadata)
        try VerifiedRoot.verify(next, by: next)
        return VerifiedRoot(metadata: next, bytes: bytes, schemes: schemes)
    }

    private static func verify(
        _ metadata: RootMetadata, by judge: RootMetadata
    ) throws(Fault) {
        let by = metadata.version == judge.version ? "its own keys" : "version \(judge.version)"
        try metadata.file.verify(
            by: judge.roleKeys(.root),
            "The root metadata of version \(metadata.version), judged by \(by)")
    }
}
