internal import Bundle
internal import Faults
internal import Glibc
internal import Processes
internal import StrictJSON

/// Watches the application for its probation time, in the foreground.
struct Probation {
    let specification: ProbationSpecification
    let probe: ProbeSettings?
    let reporter: any Reporter
    let checkpoint: () throws(Fault) -> Void

    /// How a probation ended.
    struct Outcome {
        /// Why it failed; `nil` where the version is good.
        var failure: String?
        /// What is kept of it in the slot's record.
        var report: JSONValue
    }

    /// Probes until the version is good or has failed.
    ///
    /// Without a probe the version counts as good when its restart succeeded; that is said.
    ///
    /// - Throws: what the checkpoint throws, or a fault where the application cannot be asked.
    func watch() throws(Fault) -> Outcome {
        guard let settings = probe else {
            reporter.say(
                "No probe is configured: the version counts as good after its smoke run and restart."
            )
            return Outcome(
                failure: nil, report: .members([("probes", .integer(0)), ("passed", .bool(true))]))
        }
        var probe = try Probe.make(settings)
        var policy = ProbationPolicy(specification)
        let start = BootClock.now
        while true {
            try checkpoint()
            let problem = try probe.ask()
            let now = (BootClock.now - start).milliseconds
            let verdict = policy.probed(problem, at: now)
            let healthy = policy.healthySince.map { now - $0 } ?? 0
            reporter.progress("probation", done: healthy, total: specification.duration)
            switch verdict {
            case .watching: break
            case .good: return outcome(policy, nil, now)
            case .failed(let why): return outcome(policy, why, now)
            }
            try pause(until: Deadline(after: .milliseconds(specification.interval)))
        }
    }

    private func pause(until deadline: Deadline) throws(Fault) {
        while !deadline.passed {
            try checkpoint()
            usleep(useconds_t(min(deadline.remaining, .milliseconds(50)).milliseconds) * 1000)
        }
    }

    private func outcome(
        _ policy: ProbationPolicy, _ failure: String?, _ now: Int64
    ) -> Outcome {
        Outcome(
            failure: failure,
            report: .members([
                ("passed", .bool(failure == nil)), ("milliseconds", .integer(now)),
                ("probes", .integer(policy.probes)),
                ("failedProbes", .integer(policy.failedProbes)),
                ("failure", failure.map { .string(String($0.prefix(1000))) }),
            ]))
    }
}
