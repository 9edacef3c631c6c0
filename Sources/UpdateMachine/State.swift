/// Where the life of an update stands.
public enum State: String, Sendable, CaseIterable {
    /// The service began, and what a crash or a reboot left is found out and mended.
    case recovering
    /// Nothing is to be done until the next look.
    case idle
    /// The repository or the rollout server is asked.
    case checking
    /// Something is to be installed, and something holds it back: see ``Hold``.
    case waiting
    /// The version comes into the spare slot.
    case fetching
    /// It proves itself there: read back, smoke run.
    case proving
    /// It is proved; whether it may be swapped in now is being asked.
    case ready
    /// It is being swapped in.
    case swapping
    /// It runs and is watched.
    case probation
    /// It passed; that is being reported.
    case good
    /// It failed, and the old version runs again; that is being reported.
    case fallenBack = "fallen-back"
    /// It was called off before the swap; that is being reported.
    case cancelled
    /// It could not be installed; that is being reported.
    case failed

    /// Whether the new version does not run yet, so that a cancel costs nothing.
    public var isBeforeSwap: Bool {
        switch self {
        case .waiting, .fetching, .proving, .ready: true
        default: false
        }
    }

    /// Whether an outcome stands that was not yet put down durably.
    public var isOutcome: Bool {
        switch self {
        case .good, .fallenBack, .cancelled, .failed: true
        default: false
        }
    }

    /// Whether a child process does the work of this state.
    public var hasWorker: Bool {
        switch self {
        case .fetching, .proving, .swapping, .probation: true
        default: false
        }
    }
}

/// What holds an update back while it waits.
public enum Hold: String, Sendable, CaseIterable {
    /// Windows, inhibitors or the server, before bytes are fetched.
    case fetch
    /// The same, before the version is swapped in.
    case swap
    /// An attempt failed, and the next is not due yet.
    case retry
    /// A person is to say yes.
    case person
}

/// What is asked of windows, inhibitors and server.
public enum Stage: String, Sendable, CaseIterable {
    /// Whether bytes may be fetched.
    case fetch
    /// Whether a proved version may be swapped in.
    case swap
}
