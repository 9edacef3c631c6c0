public import Agent
public import Console
public import Faults
internal import Slots
internal import StrictJSON
public import UpdateMachine

/// Leaves a request for the service, alive or dead.
public struct ServiceRequest {
    private let configuration: Configuration
    private let path: String?

    /// Takes the configuration, and the store's path where the command names one.
    public init(_ configuration: Configuration, store: String?) {
        self.configuration = configuration
        path = store
    }

    /// Leaves it, and says what becomes of it.
    ///
    /// - Parameters:
    ///   - request: what is asked for.
    ///   - reason: why; may be empty.
    ///   - console: whom to tell.
    /// - Throws: a `Fault` of the store.
    public func send(
        _ request: Request, reason: String, to console: Console
    ) throws(Fault) {
        let store = try Store.open(path: try configuration.storePath(path))
        let words = "nacelle \(request.rawValue)" + (reason.isEmpty ? "" : ": \(reason)")
        if request == .cancel { try ServiceRequest.refuseInTrial(store) }
        // An install by hand is no business of the service, and listens to the store alone.
        let filler = store.filler()
        if request == .cancel, filler != nil { try store.requestCancel(words) }
        try Requests(store).leave(request, words)
        let service = store.serviceHolder()
        store.note("asked", tree: nil, identity: nil, detail: words)
        console.say(
            service != nil
                ? "The service was told."
                : filler != nil && request == .cancel
                    ? "The command that installs was told to stop (\(filler ?? ""))."
                    : "The service is not running; it is told when it starts.")
        console.event(
            "result",
            [
                ("ok", .bool(true)), ("request", .string(request.rawValue)),
                ("service", .bool(service != nil)),
            ])
    }

    /// From the swap on nothing is called off: the verdict or a person's rollback ends a trial.
    private static func refuseInTrial(_ store: borrowing Store) throws(Fault) {
        guard let running = try store.snapshot().running, running.state == .trial else { return }
        throw Fault(
            .notFound,
            "There is nothing to call off: version \(running.identity.version) runs already and is "
                + "being watched.",
            advice: "To go back to the version before: nacelle rollback.")
    }
}
