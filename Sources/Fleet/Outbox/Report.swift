/// Something that a rollout server is to be told.
public enum Report: Sendable, Equatable {
    /// What a version is going through, by the word of the protocol.
    public enum Step: String, Sendable, CaseIterable {
        /// It waits for a window, an inhibitor or a person.
        case scheduled
        /// Its bytes are being fetched.
        case download
        /// Its bytes are here, and proved.
        case downloaded
        /// It is being worked on.
        case proceeding
    }

    /// A version goes through a step.
    case step(Step, action: String, details: [String] = [])
    /// So many of so many; of several that wait only the newest is told.
    case progress(action: String, done: Int64, of: Int64, text: String)
    /// An action is over; told once, and never lost.
    case final(action: String, success: Bool, code: Int? = nil, details: [String] = [])
    /// A cancellation was obeyed. `action` is the cancellation's own id.
    case cancelAccepted(action: String, details: [String] = [])
    /// A cancellation came too late. `action` is the cancellation's own id.
    case cancelRefused(action: String, reason: String)
    /// A person wants the deployment.
    case confirmed(action: String, why: String = "")
    /// A person does not want the deployment.
    case denied(action: String, why: String)
    /// The version that runs, where no action brought it: after a rollback or an install by hand.
    case installed(name: String, version: String)

    /// The action that it is about; `nil` for what runs.
    public var action: String? {
        switch self {
        case .step(_, let action, _), .progress(let action, _, _, _), .final(let action, _, _, _),
            .cancelAccepted(let action, _), .cancelRefused(let action, _),
            .confirmed(let action, _), .denied(let action, _):
            action
        case .installed: nil
        }
    }

    /// Whether it may be left out where there is no room for all.
    public var isDroppable: Bool {
        switch self {
        case .step, .progress: true
        default: false
        }
    }

    /// Whether it is an action's end.
    public var isFinal: Bool {
        if case .final = self { true } else { false }
    }

    var isProgress: Bool {
        if case .progress = self { true } else { false }
    }

    /// What it is called in files and messages.
    var kind: String {
        switch self {
        case .step(let step, _, _): step.rawValue
        case .progress: "progress"
        case .final(_, let success, _, _): success ? "success" : "failure"
        case .cancelAccepted: "cancel-accepted"
        case .cancelRefused: "cancel-refused"
        case .confirmed: "confirmed"
        case .denied: "denied"
        case .installed: "installed"
        }
    }
}

extension Report: CustomStringConvertible {
    /// A few words for people.
    public var description: String { kind + (action.map { " of action \($0)" } ?? "") }
}
