public import Faults
public import Repository
public import Trust

/// Something that a device would stumble over.
public struct RepositoryFinding: Sendable {
    /// The target, or `metadata`.
    public let path: String
    /// What is wrong.
    public let fault: Fault
}

/// What a check of a repository found.
public struct RepositoryReport: Sendable {
    /// The versions, and until when they are valid.
    public let outcome: RepositoryOutcome
    /// When the metadata of each role expires, in seconds since 1970.
    public internal(set) var dates: [(role: TrustRole, expires: Int64)] = []
    /// The bundles that are whole.
    public internal(set) var bundles: [BundleTarget] = []
    /// What is wrong.
    public internal(set) var findings: [RepositoryFinding] = []
    /// What should be looked at.
    public internal(set) var warnings: [String] = []
    /// Files that no metadata leads to.
    public internal(set) var orphans: [String] = []
    /// Targets whose chunks could not be held against their digests, for want of a key.
    public internal(set) var unchecked: [String] = []

    init(_ outcome: RepositoryOutcome) { self.outcome = outcome }
}
