/// Something that happened, brought to the machine by whoever performs its actions.
public enum Event: Sendable, Equatable {
    /// The service began; the state is the one that was saved last.
    case started
    /// What a crash left was mended; so the store stands now.
    case recovered(StoreFacts)
    /// It could not be mended, or not be looked at.
    case recoveryFailed(Failure)
    /// A time that was waited for is over.
    case timeUp(Alarm)
    /// A person asks for something.
    case asked(Request)
    /// The repository or server was asked, and answered.
    case looked(Finding)
    /// It could not be asked.
    case lookFailed(Failure)
    /// Nothing speaks against a step.
    case gateOpen(Stage)
    /// Something speaks against a step, for these reasons.
    case gateClosed(Stage, [String])
    /// All bytes are there; the version proves itself.
    case proving
    /// The version is proved and waits in its slot: its tree and release counter.
    case prepared(String)
    /// The version runs already and is good.
    case alreadyRunning(String)
    /// It could not be fetched or proved.
    case prepareFailed(Failure)
    /// The link names the new version.
    case swapped
    /// The version passed its probation.
    case passed
    /// The version failed, and another runs.
    case fellBack(Failure)
    /// The swap or the watching ended without a verdict.
    case activateFailed(Failure)
    /// The outcome is put down durably.
    case reported
}

/// What a time is waited for.
public enum Alarm: String, Sendable, CaseIterable {
    /// The next look at repository or server.
    case poll
    /// The next step of what is worked on.
    case step
}

/// What a person may ask for.
public enum Request: String, Sendable, CaseIterable {
    /// Look for something new now.
    case check
    /// Look, and install what is new without waiting for a window.
    case update
    /// Call off what is under way.
    case cancel
    /// Yes, install it.
    case confirm
    /// No, do not install it.
    case refuse
}

/// What a look brought.
public enum Finding: Sendable, Equatable {
    /// Nothing is to be done.
    case nothing
    /// A version is offered.
    case offer(Target)
    /// The server calls an action off, by a request of its own.
    case cancel(request: String, action: String)
    /// The server offers something that can never be installed, for this reason.
    case unusable(action: String, String)
}

/// How the store stands, as far as the machine needs it.
public struct StoreFacts: Sendable, Equatable {
    /// What is known of a slot.
    public struct Slot: Sendable, Equatable {
        /// The release in it: its tree and release counter.
        public var release: String
        /// Its version, for people.
        public var version: String
        /// Its state, by the name that the slot's record has for it.
        public var state: String
        /// Why it is bad.
        public var reason: String

        /// Makes one.
        public init(release: String, version: String, state: String, reason: String = "") {
            self.release = release
            self.version = version
            self.state = state
            self.reason = reason
        }
    }

    /// The slot that runs; `nil` where nothing is installed.
    public var running: Slot?
    /// The slots that do not run.
    public var others: [Slot]
    /// Whether another command is filling or watching a slot now.
    public var isBusy: Bool

    /// Makes them.
    public init(running: Slot? = nil, others: [Slot] = [], isBusy: Bool = false) {
        self.running = running
        self.others = others
        self.isBusy = isBusy
    }
}
