public import Schedule

/// What the configuration says of the service: how far it goes by itself, and when.
public struct ServiceSettings: Sendable, Equatable {
    /// How far it goes by itself.
    public enum Mode: String, Sendable, CaseIterable {
        /// Until the new version is good.
        case install
        /// Until it is proved in the spare slot; a person swaps it in.
        case prepare
        /// It says what there is, and installs nothing.
        case check
    }

    /// In which form versions come.
    public enum Form: String, Sendable, CaseIterable {
        /// In whichever costs least.
        case auto
        /// As a delta, or not at all.
        case delta
        /// As the full bundle, less what the running version has of it.
        case full

        /// The same for an installation.
        public var choice: Installation.FormChoice {
            switch self {
            case .auto: .automatic
            case .delta: .delta
            case .full: .full
            }
        }
    }

    /// How far it goes.
    public var mode = Mode.install
    /// Seconds between two questions to a repository.
    public var poll: Int64 = 3600
    /// When a version may be swapped in.
    public var windows = MaintenanceWindows.always
    /// When bytes may be fetched.
    public var downloadWindows = MaintenanceWindows.always
    /// What must all allow it.
    public var inhibitors: [Inhibitor] = []
    /// Whether inhibitors hold back fetching too.
    public var inhibitsFetch = false
    /// Whether a person must confirm a version before it is fetched.
    public var confirm = false
    /// In which form versions come.
    public var form = Form.auto
    /// The most bytes over networks in a calendar month (UTC); `nil` for no bound.
    public var monthBytes: Int64?
    /// How long a step may say nothing before it is killed, in milliseconds.
    public var stall: Int64 = 15 * 60_000

    /// Makes the default settings.
    public init() {}
}
