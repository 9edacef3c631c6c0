internal import DurableFiles
internal import Faults
internal import Glibc
internal import Slots
internal import Telemetry
internal import Transport

/// Adds samples to the queue when it is time to, and pushes what waits.
struct Pushing {
    /// How the server is reached; `nil` where that cannot be told.
    let settings: TransferSettings?
    private let push: TelemetrySettings.Push
    /// The client, or why there is none: samples wait for one.
    private let client: Result<HTTPClient, Fault>
    private let labels: [String: String]
    private let configuration: Configuration

    /// Reads certificate and key, before the command becomes the store's owner.
    ///
    /// - Parameters:
    ///   - push: where and how.
    ///   - name: what this machine is called.
    ///   - configuration: the machine's.
    init(_ push: TelemetrySettings.Push, name: String, _ configuration: Configuration) {
        self.push = push
        var found: TransferSettings?
        do throws(Fault) {
            var settings = try configuration.transfer()
            settings.backOff.attempts = 1
            settings.deadline = min(settings.deadline, .seconds(120))
            found = settings
            client = .success(try HTTPClient(settings, tick: Interruption.check))
        } catch {
            client = .failure(error)
        }
        settings = found
        labels = ["instance": name, "job": "nacelle"]
        self.configuration = configuration
    }

    /// Does what it is time to.
    ///
    /// - Parameters:
    ///   - families: what is true now.
    ///   - store: the store.
    ///   - command: who does it, for the lock.
    /// - Returns: how far it has come.
    /// - Throws: a `Fault` where samples cannot be kept.
    func run(
        _ families: [MetricFamily], _ store: borrowing Store, command: String
    ) throws(Fault) -> PushState {
        let lock = try store.lockHealth(command)
        var state = PushState.load(store) ?? PushState()
        let before = state
        let queue = SampleQueue(
            try store.telemetryDirectory(), bytes: push.bytes, age: push.keep)
        let now = Int64(time(nil))
        if PushState.isOver(push.every, since: state.sampled, at: now) {
            state.sampled = now
            let lines = MetricPage.samples(families, with: labels, at: now * 1000)
            let dropped = try queue.add(lines, at: now)
            state.dropped.age += dropped.age
            state.dropped.size += dropped.size
        }
        if PushState.isOver(state.pause(push.every), since: state.tried, at: now) {
            state.tried = now
            try deliver(queue, &state, now, store)
        }
        state.waiting = try queue.waiting()
        if state != before { try state.keep(store) }
        _ = consume lock
        return state
    }

    private func deliver(
        _ queue: borrowing SampleQueue, _ state: inout PushState, _ now: Int64,
        _ store: borrowing Store
    ) throws(Fault) {
        var outcome: Uplink.Outcome
        do throws(Fault) {
            let http = try client.get()
            let meter = TrafficMeter()
            http.meter = meter
            // With the month used up samples wait: updates come first.
            try meter.begin(store, configuration, ignoresMonth: false, command: "nacelle measure")
            outcome = try Uplink(push.url, push.format, http).push(queue, &state.dropped)
        } catch {
            switch error.code {
            case .cancelled: throw error
            case .budget, .busy: outcome = .later(error.message)
            default: outcome = .mend(error.message)
            }
        }
        switch outcome {
        case .done:
            state.delivered = now
            (state.failures, state.problem, state.needsMending) = (0, "", false)
        case .later(let why):
            state.failures = min(state.failures + 1, 1000)
            (state.problem, state.needsMending) = (why, false)
        case .mend(let why):
            state.failures = min(state.failures + 1, 1000)
            (state.problem, state.needsMending) = (why, true)
        }
    }
}
