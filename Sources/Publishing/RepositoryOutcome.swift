internal import Trust
public import Faults
public import Repository

/// What became of a bundle in a publication.
public struct RepositoryChange: Sendable, Equatable {
    /// The ways in which a bundle can be concerned.
    public enum Kind: String, Sendable {
        /// It is new in the targets.
        case added
        /// It was taken from the targets.
        case removed
        /// Its envelope has other signatures.
        case envelope
        /// Its list of recipients was replaced, or objects that were missing put there again.
        case parts
        /// Everything was there already.
        case unchanged
    }

    /// What became of it.
    public let kind: Kind
    /// Its target path.
    public let path: String
    /// What it is.
    public let bundle: BundleTarget

    /// Describes a change.
    public init(kind: Kind, path: String, bundle: BundleTarget) {
        self.kind = kind
        self.path = path
        self.bundle = bundle
    }
}

/// How a repository stands after an operation.
public struct RepositoryOutcome: Sendable {
    /// The versions that readers see.
    public struct Versions: Sendable, Equatable {
        /// Of the root.
        public let root: Int
        /// Of the timestamp.
        public let timestamp: Int
        /// Of the snapshot.
        public let snapshot: Int
        /// Of the targets.
        public let targets: Int
    }

    /// The versions that readers see.
    public let versions: Versions
    /// Until when the repository can be read without another command, in seconds since 1970.
    public let until: Int64
    /// What became of which bundle.
    public internal(set) var changes: [RepositoryChange] = []
    /// Why the new targets wait for signatures; `nil` where nothing waits.
    public internal(set) var missing: Fault?
    /// Files that were deleted.
    public internal(set) var deleted: [String] = []
    /// What was done, but should be looked at.
    public internal(set) var warnings: [String] = []
    /// Whether readers see something new.
    public internal(set) var isPublished = false

    /// What two operations came to, one after the other on the same repository.
    ///
    /// - Parameter later: the outcome of the second one, whose versions hold.
    /// - Returns: both as one.
    public func followed(by later: RepositoryOutcome) -> RepositoryOutcome {
        var both = later
        both.changes = changes + later.changes
        both.missing = later.missing ?? missing
        both.deleted = deleted + later.deleted
        both.warnings = warnings + later.warnings.filter { !warnings.contains($0) }
        both.isPublished = isPublished || later.isPublished
        return both
    }

    init(_ state: PresentState) {
        let versions = state.trusted.versions
        self.versions = Versions(
            root: state.root.version, timestamp: versions.timestamp, snapshot: versions.snapshot,
            targets: versions.targets)
        until = state.trusted.expires
    }
}
