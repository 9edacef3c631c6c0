/// What the configuration lets the machine do by itself.
public struct Settings: Sendable, Equatable {
    /// How far it goes without being asked.
    public enum Mode: String, Sendable, CaseIterable {
        /// It only says what is new.
        case check
        /// It fetches and proves a version, and leaves the swap to a person.
        case prepare
        /// All of it.
        case install
    }

    /// How far it goes by itself.
    public var mode: Mode
    /// Whether a person must say yes to each version.
    public var asksPerson: Bool
    /// Whether a server's question is answered with yes by itself.
    public var answersServer: Bool

    /// Makes settings.
    public init(mode: Mode = .install, asksPerson: Bool = false, answersServer: Bool = false) {
        self.mode = mode
        self.asksPerson = asksPerson
        self.answersServer = answersServer
    }
}

/// The bounds of what is tried again.
public enum Bounds {
    /// Failed attempts of a step before a version is given up, where trying again may help.
    public static let attempts = 10
    /// The same, where it hardly does.
    public static let seldom = 3
    /// Times that the watching of a trial may end without a verdict before the version is left.
    public static let watches = 5
}
