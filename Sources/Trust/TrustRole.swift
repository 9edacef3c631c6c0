// Trust: root of trust, roles and thresholds, DSSE envelopes. Decides who may sign; does no I/O.

/// The top-level roles of a root of trust (TUF 1.0.34, section 2.1).
public enum TrustRole: String, Sendable, CaseIterable {
    /// Signs root metadata: who may sign what.
    case root
    /// Signs what is newest in a repository.
    case timestamp
    /// Signs the versions that belong together in a repository.
    case snapshot
    /// Signs manifests, and the targets of a repository.
    case targets
}
