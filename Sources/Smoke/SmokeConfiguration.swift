internal import DurableFiles
internal import Faults
public import Processes

/// What a machine's configuration says about smoke runs.
public struct SmokeConfiguration: Sendable {
    /// How the program is isolated.
    public enum Isolation: Sendable {
        /// In namespaces of its own, without network, everything read-only, as this user.
        case full(UserAccount)
        /// Not at all, as this process's effective user: only where it is configured by name.
        case none
    }

    /// How the program is isolated.
    public var isolation: Isolation
    /// An existing directory, absolute, that every user may enter, such as `/run/nacelle`.
    public var runtimeDirectory: String
    /// What must be read-only even on Linux before 5.12, such as the store; the slot always is.
    public var protected: [String]

    /// Makes a configuration.
    public init(
        isolation: Isolation, runtimeDirectory: String = "/run/nacelle", protected: [String] = []
    ) {
        self.isolation = isolation
        self.runtimeDirectory = runtimeDirectory
        self.protected = protected
    }

    /// Refuses a user that could write to the store.
    ///
    /// - Parameter owner: the slot's owner.
    /// - Throws: a `Fault` of code `isolation-unavailable`.
    func check(owner: UInt32) throws(Fault) {
        guard case .full(let account) = isolation else { return }
        let reason: String? =
            switch account.user {
            case 0: "is root"
            case Identity.user: "is the user that this command acts as"
            case owner: "owns the slot"
            default: nil
            }
        guard let reason else { return }
        throw Fault(
            .isolationUnavailable,
            "Smoke runs cannot be isolated as user \(account.name), which \(reason).",
            advice: "Configure another user as smoke.user, or smoke.isolation: none.")
    }
}
