internal import Bundle
internal import Faults
internal import Glibc
internal import Processes
internal import Slots
internal import StrictJSON
internal import Telemetry

/// Watches the application for its probation time.
struct Probation {
    let specification: ProbationSpecification
    let probe: ProbeSettings?
    let activation: Activation
    let keeper: ProgressKeeper
    let reporter: any Reporter
    let checkpoint: () throws(Fault) -> Void
    /// Watches the model; `nil` where nothing can be said of it.
    var model: DriftGuard?

    /// How a probation ended.
    struct Outcome {
        /// Why it failed; `nil` where the version is good.
        var failure: String?
        /// Whether it speaks against the version that it failed.
        var isEvidence = true
        /// What is kept of it in the slot's record.
        var report: JSONValue
        /// The last outputs of the probe, oldest first.
        var probes: [String] = []
        /// What systemd said of the unit last.
        var unit: UnitReport?
    }

    /// Probes until the version is good or has failed.
    ///
    /// Without a probe the version counts as good when its restart succeeded; that is said.
    ///
    /// - Throws: what the checkpoint throws, or a fault where the application cannot be asked.
    func watch(_ store: borrowing Store) throws(Fault) -> Outcome {
        guard let settings = probe else {
            reporter.say(
                "No probe is configured: the version counts as good after its smoke run and restart."
            )
            return Outcome(
                failure: nil, report: .members([("probes", .integer(0)), ("passed", .bool(true))]))
        }
        var probe = try Probe.make(settings)
        var policy = ProbationPolicy(
            specification,
            limits: ProbationLimits(
                restarts: activation.settings.unit == nil ? nil : settings.restarts,
                memory: settings.memory),
            watched: keeper.progress.watched, unhealthy: keeper.progress.unhealthy)
        var notes: [String] = []
        var unit = UnitWatch(activation)
        let start = BootClock.now
        if policy.watched > 0 {
            reporter.say(
                "\(policy.watched) of \(specification.duration) ms were watched before.",
                event: "resumed")
        }
        while true {
            try checkpoint()
            let sample = try sample(&probe, &unit, settings)
            let now = (BootClock.now - start).milliseconds
            let wasHealthy = policy.hasStarted
            let verdict = policy.probed(sample, at: now)
            notes.append("\(now) ms: \(sample.problem ?? FailureEvidence.healthy)")
            if notes.count > FailureEvidence.probeLimit { notes.removeFirst() }
            if sample.problem == nil { keeper.wasHealthy(store) }
            keeper.note(policy, store, now: policy.hasStarted && !wasHealthy)
            reporter.progress(
                "probation", done: min(policy.watched, specification.duration),
                total: specification.duration)
            let end = try conclude(verdict, policy, store)
            guard let end else {
                try pause(until: Deadline(after: .milliseconds(specification.interval)))
                continue
            }
            return Outcome(
                failure: end.failure, isEvidence: end.isEvidence,
                report: report(policy, end.failure, now, unit), probes: notes, unit: unit.last)
        }
    }

    /// How it ends, by the probe and by the model; `nil` where it goes on.
    private func conclude(
        _ verdict: ProbationPolicy.Verdict, _ policy: ProbationPolicy, _ store: borrowing Store
    ) throws(Fault) -> (failure: String?, isEvidence: Bool)? {
        if case .failed(let why) = verdict { return (why, true) }
        guard let model, policy.hasStarted else { return verdict == .good ? (nil, true) : nil }
        let standing = try model.standing(store, checkpoint: checkpoint)
        switch (standing, verdict) {
        case (.worse(let why), _): return (why, true)
        case (.clear, .good): return (nil, true)
        case (.undecided(let why), .good): return undecided(why, model, policy)
        default: return nil
        }
    }

    /// What follows where the application was healthy for long enough, and its model too little asked.
    private func undecided(
        _ why: String, _ model: DriftGuard, _ policy: ProbationPolicy
    ) -> (failure: String?, isEvidence: Bool)? {
        let end = specification.duration + model.longest
        guard policy.watched >= end else {
            model.tellWaiting(reporter, why, left: end - policy.watched)
            return nil
        }
        switch model.undecided {
        case .good:
            reporter.say(
                "Nothing can be said of the model: \(why). The version counts as good by its probes.",
                event: "undecided", facts: [("reason", .string(why))])
            return (nil, true)
        case .back:
            return ("nothing could be said of its model within \(end) ms: \(why)", false)
        }
    }

    /// Asks the application, and systemd of its unit.
    private func sample(
        _ probe: inout Probe, _ unit: inout UnitWatch, _ settings: ProbeSettings
    ) throws(Fault) -> ProbationSample {
        let asked = try probe.ask(checkpoint: checkpoint)
        let isNew = try unit.look(checkpoint: checkpoint)
        if isNew, let restarts = unit.last?.restarts { keeper.count(restarts) }
        var problem = asked ?? unit.last?.problem
        if settings.kind == .unit, unit.last == nil {
            problem = "systemd does not tell the state of the unit"
        }
        return ProbationSample(
            problem: problem, restarts: unit.last == nil ? nil : keeper.progress.restarts,
            memory: unit.last?.memory)
    }

    private func pause(until deadline: Deadline) throws(Fault) {
        while !deadline.passed {
            try checkpoint()
            usleep(useconds_t(min(deadline.remaining, .milliseconds(50)).milliseconds) * 1000)
        }
    }

    private func report(
        _ policy: ProbationPolicy, _ failure: String?, _ now: Int64, _ unit: UnitWatch
    ) -> JSONValue {
        .members([
            ("passed", .bool(failure == nil)), ("milliseconds", .integer(now)),
            ("watched", .integer(policy.watched)),
            ("probes", .integer(policy.probes)),
            ("failedProbes", .integer(policy.failedProbes)),
            ("restarts", unit.last == nil ? nil : .integer(keeper.progress.restarts)),
            ("memory", unit.last?.memory.map { .integer($0) }),
            ("model", model?.report),
            ("failure", failure.map { .string(String($0.prefix(1000))) }),
        ])
    }
}
