public import Agent
public import Console
public import Faults
internal import Glibc
internal import Processes
internal import Slots
internal import StrictJSON
internal import UpdateMachine

/// Has the service update the machine now, or does it where none runs.
public struct UpdateOrder {
    private let configuration: Configuration
    private let path: String?
    private let console: Console

    /// Takes the configuration, the store's path where the command names one, and whom to tell.
    public init(_ configuration: Configuration, store: String?, console: Console) {
        self.configuration = configuration
        path = store
        self.console = console
    }

    /// Does it.
    ///
    /// - Returns: how it ended.
    /// - Throws: a `Fault`; `cancelled` where only the watching was interrupted.
    public func run() throws(Fault) -> UpdateOutcome {
        let place = try configuration.storePath(path)
        if Store.owner(path: place) != nil {
            let store = try Store.open(path: place)
            if store.serviceHolder() != nil { return UpdateOutcome(try follow(store)) }
        }
        let supervisor = try Supervisor(configuration, store: path, task: .once, console: console)
        return UpdateOutcome(try supervisor.run(), failed: supervisor.stepFailure)
    }

    /// Asks the running service, and shows how it goes.
    private func follow(_ store: borrowing Store) throws(Fault) -> LiveView {
        let directory = try configuration.smoke().runtimeDirectory
        let before = LiveView.read(from: directory) ?? LiveView()
        let requests = try Requests(store)
        try requests.leave(.update, "nacelle update")
        var last = ""
        while true {
            try Interruption.check()
            usleep(200_000)
            guard store.serviceHolder() != nil else {
                throw Fault(
                    .cancelled, "The service ended while it was asked to update.",
                    advice: "Look at its log; the same command does the work without it.")
            }
            guard !requests.isWaiting(.update), let view = LiveView.read(from: directory) else {
                continue
            }
            let words = view.words
            if words != last {
                last = words
                console.note(words)
            }
            console.progress(view.phase, done: view.done, total: view.total, of: view)
            if !view.isWished, view.looks > before.looks || before.isAtWork, view.isAtRest {
                // An earlier update's outcome is none of this one.
                return view.since(before)
            }
        }
    }
}

extension LiveView {
    /// Whether the service has nothing to do that a person would wait for.
    var isAtRest: Bool { state == "idle" || (state == "waiting" && !reasons.isEmpty) }

    /// Whether something was worked on.
    var isAtWork: Bool { state != "idle" && state != "checking" }
}

extension Console {
    fileprivate func progress(_ phase: String, done: Int64, total: Int64, of view: LiveView) {
        // A probation's progress is time, not bytes: its beginning is told in words.
        guard !phase.isEmpty, phase != "probation", total > 0 else { return }
        progress(phase, done: done, total: total)
    }
}
