internal import Bundle
internal import Faults
internal import Glibc
internal import Processes
internal import Slots
internal import StrictJSON

/// Watches the application for its probation time.
struct Probation {
    let specification: ProbationSpecification
    let probe: ProbeSettings?
    let activation: Activation
    let keeper: ProgressKeeper
    let reporter: any Reporter
    let checkpoint: () throws(Fault) -> Void

    /// How a probation ended.
    struct Outcome {
        /// Why it failed; `nil` where the version is good.
        var failure: String?
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
            var failure: String?
            switch verdict {
            case .watching:
                try pause(until: Deadline(after: .milliseconds(specification.interval)))
                continue
            case .good: break
            case .failed(let why): failure = why
            }
            return Outcome(
                failure: failure, report: report(policy, failure, now, unit), probes: notes,
                unit: unit.last)
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
            ("failure", failure.map { .string(String($0.prefix(1000))) }),
        ])
    }
}
