internal import Glibc
public import Sealing

/// What a build is told beside its description.
public struct BuildOptions: Sendable {
    /// zstd's levels.
    public static let levels = 1...22
    /// The level where nothing is said: slow to make, small, and as quick to read as any.
    public static let standardLevel = 19

    /// Signing key files.
    public var signingKeys: [String] = []
    /// Further recipients of a sealed build.
    public var recipients: [X25519PublicKey] = []
    /// `false` for a build without any seal, whatever the description says.
    public var isSealed = true
    /// zstd's level; `nil` for the description's.
    public var level: Int?
    /// How many threads encode; what comes out does not depend on it.
    public var workers = BuildOptions.processors

    /// Options of a sealed build without signatures.
    public init() {}

    /// The processors that this process may use.
    public static var processors: Int { max(1, min(64, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}
