/// What a boot found and did.
public struct BootReport: Sendable, Equatable {
    /// How it ended.
    public enum Outcome: String, Sendable {
        /// What ran before starts.
        case started
        /// A version in trial starts; the boot was counted.
        case counted
        /// A version in trial had its boots; another runs in its place.
        case fellBack = "fell-back"
        /// A version in trial had its boots, and stays, as there is nothing to fall back to.
        case failedAndStays = "failed-and-stays"
        /// What `current` named could not be relied on; another tree runs in its place.
        case moved
        /// The store could not be changed; what `current` names starts.
        case asItWas = "as-it-was"
        /// Nothing was ever installed here.
        case nothingInstalled = "nothing-installed"
        /// There is nothing that could start.
        case nothingToStart = "nothing-to-start"
    }

    /// How it ended.
    public var outcome: Outcome
    /// The tree that `current` names now; `nil` where it names none that is there.
    public var tree: TreeName?
    /// Whether an application can start: `current` leads to something that is there.
    public var canStart = false
    /// The version in it, where it is known.
    public var running: VersionIdentity?
    /// The boots of a version in trial, this one counted.
    public var attempts: Int?
    /// What was done, for the journal.
    public var notes: [String] = []
    /// What somebody must know, for console and journal.
    public var alarms: [String] = []

    /// Makes a report.
    public init(_ outcome: Outcome) {
        self.outcome = outcome
    }
}
