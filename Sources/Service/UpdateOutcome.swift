public import Faults
public import StrictJSON
public import UpdateMachine

/// How an update that a person asked for ended.
public struct UpdateOutcome: Sendable, Equatable {
    private let view: LiveView
    private let failed: Failure?

    /// Takes what was shown last.
    ///
    /// - Parameters:
    ///   - view: what was shown last.
    ///   - failed: the failure that it waits after where nobody is there to try again.
    public init(_ view: LiveView, failed: Failure? = nil) {
        self.view = view
        self.failed = failed
    }

    /// The outcome: a state's name, `waiting` or `nothing`.
    public var name: String {
        // What ended is told before what waits again since: a denied version offered once more, say.
        if !view.outcome.isEmpty { return view.outcome }
        if view.state == "waiting" { return "waiting" }
        return view.problem.isEmpty ? "nothing" : "failed"
    }

    /// The same in words.
    public var words: String {
        switch name {
        case "waiting":
            LiveView.sentence(
                "Version \(view.version) waits: \(view.reasons.joined(separator: "; "))")
                + " The service goes on with it by itself, or the same command again."
        case "nothing": "There is nothing new."
        case "good": "Version \(view.outcomeVersion) runs and is good."
        case "fallen-back", "cancelled", "failed":
            view.outcome.isEmpty
                ? "Nobody could be asked."
                : "Version \(view.outcomeVersion): \(view.outcome)."
        default: name
        }
    }

    /// The outcome for a machine.
    public var json: JSONValue {
        .members([
            ("event", .string("result")), ("ok", .bool(fault == nil)), ("outcome", .string(name)),
            ("version", .string(view.outcomeVersion.isEmpty ? view.version : view.outcomeVersion)),
            ("reasons", .array(view.reasons.map(JSONValue.string))),
        ])
    }

    /// Where it is no success, why.
    public var fault: Fault? {
        switch name {
        case "fallen-back":
            Fault(
                .probationFailed, view.outcomeReason,
                advice: "The version before runs again; look at `nacelle status`.")
        case "cancelled": Fault(.cancelled, view.outcomeReason)
        case "waiting":
            failed.map {
                Fault(
                    $0.code, $0.message,
                    advice: "The running version is untouched; the same command tries again.")
            }
        case "failed":
            Fault(
                view.outcome.isEmpty
                    ? .network : FaultCode(rawValue: view.outcomeCode) ?? .internalError,
                view.outcome.isEmpty ? view.problem : view.outcomeReason,
                advice: "The running version is untouched.")
        default: nil
        }
    }
}
