/// What is to be installed, and who wants it.
public struct Target: Sendable, Equatable {
    /// Who offers it.
    public enum Source: Sendable, Equatable {
        /// The configured repository.
        case repository
        /// A rollout server, by an action that has to be closed.
        case server(action: String)
        /// A rollout server asks whether it may: the action that waits for an answer.
        case question(action: String)
        /// Somebody installed it by hand; the service sees its probation through.
        case local
    }

    /// How far a rollout server lets a step be taken.
    public enum Consent: String, Sendable, CaseIterable {
        /// Not now.
        case skip
        /// When this machine sees fit.
        case attempt
        /// As soon as it can.
        case forced
    }

    /// Who offers it.
    public var source: Source
    /// What makes an offer that comes again the same offer.
    public var key: String
    /// The version, as the offer calls it; for people.
    public var version: String
    /// Whether it may be fetched.
    public var fetch: Consent
    /// Whether it may be swapped in.
    public var swap: Consent
    /// Whether the server's own maintenance window is open, where it has one.
    public var serverWindow: Bool
    /// Whether a person asked for it here: windows do not hold it back then.
    public var asked: Bool

    /// Makes a target.
    public init(
        source: Source, key: String, version: String, fetch: Consent = .attempt,
        swap: Consent = .attempt, serverWindow: Bool = true, asked: Bool = false
    ) {
        self.source = source
        self.key = key
        self.version = version
        self.fetch = fetch
        self.swap = swap
        self.serverWindow = serverWindow
        self.asked = asked
    }

    /// The action to report to; `nil` where nobody waits for a report.
    public var action: String? {
        switch source {
        case .server(let action), .question(let action): action
        case .repository, .local: nil
        }
    }
}

/// The target that is worked on, and how far it came.
public struct Work: Sendable, Equatable {
    /// What is to be installed.
    public var target: Target
    /// The release that stands proved in a slot: its tree and release counter; `nil` before.
    public var prepared: String?
    /// Attempts that failed in the present stage and count.
    public var attempts = 0
    /// Attempts that could not be made yet (a lock, a budget); they do not count.
    public var delays = 0
    /// Whether a person said yes to it, windows kept.
    public var isConfirmed = false
    /// What holds it back; `nil` unless it waits.
    public var hold: Hold?
    /// Why, for people and for the server.
    public var reasons: [String] = []

    /// Begins work on a target.
    public init(_ target: Target) { self.target = target }
}
