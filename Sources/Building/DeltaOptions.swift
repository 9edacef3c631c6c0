public import Sealing

/// What the making of a delta is told.
public struct DeltaOptions: Sendable {
    /// The root of trust's file, which both bundles must be signed under.
    public var root: String
    /// A recipient's secret key file, which opens what is sealed of both.
    public var key: String?
    /// Signing key files.
    public var signingKeys: [String] = []
    /// Who can open a sealed delta.
    public var recipients: [X25519PublicKey] = []
    /// zstd's level.
    public var level = BuildOptions.standardLevel
    /// How many threads work; what comes out does not depend on it.
    public var workers = BuildOptions.processors

    /// Options of a delta without signatures.
    ///
    /// - Parameter root: the root of trust's file.
    public init(root: String) { self.root = root }
}
