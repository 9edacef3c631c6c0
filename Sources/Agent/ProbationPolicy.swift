internal import Bundle

/// What may happen to the unit while it is on probation.
struct ProbationLimits: Equatable {
    /// The most restarts that are forgiven; `nil` for any number.
    var restarts: Int?
    /// The most memory, in bytes; `nil` for any.
    var memory: Int64?
}

/// What was seen of the application at one moment.
struct ProbationSample: Equatable {
    /// Why it is not healthy; `nil` where it is.
    var problem: String?
    /// How often its unit was restarted in this probation; `nil` where that is not known.
    var restarts: Int?
    /// The memory of its unit, in bytes; `nil` where that is not known.
    var memory: Int64?
}

/// Whether a version passes its probation: a pure decision over one probe after another.
struct ProbationPolicy {
    /// Where a probation stands.
    enum Verdict: Equatable {
        /// Not decided yet.
        case watching
        /// It stayed healthy long enough.
        case good
        /// It failed, for this reason.
        case failed(String)
    }

    private let specification: ProbationSpecification
    private let limits: ProbationLimits
    /// For how long it was seen healthy, in milliseconds, earlier parts of the probation included.
    private(set) var watched: Int64
    /// For how long it was not, once it had been healthy.
    private(set) var unhealthy: Int64
    /// Whether it was healthy once since this part began.
    private(set) var hasStarted = false
    private(set) var failures = 0
    private(set) var probes = 0
    private(set) var failedProbes = 0
    private var last: (at: Int64, healthy: Bool)?

    /// Begins a probation, or goes on with one.
    ///
    /// - Parameters:
    ///   - specification: what the manifest asks for.
    ///   - limits: what the machine allows.
    ///   - watched: what was watched before, in milliseconds.
    ///   - unhealthy: for how long it was unhealthy before.
    init(
        _ specification: ProbationSpecification, limits: ProbationLimits = ProbationLimits(),
        watched: Int64 = 0, unhealthy: Int64 = 0
    ) {
        self.specification = specification
        self.limits = limits
        self.watched = watched
        self.unhealthy = unhealthy
    }

    /// The most time between two probes that counts: a machine that slept did not watch.
    private var longestGap: Int64 { max(10 * specification.interval, 10_000) }

    /// Takes in one probe.
    ///
    /// - Parameters:
    ///   - sample: what was seen.
    ///   - now: milliseconds since this part of the probation began.
    /// - Returns: what follows.
    mutating func probed(_ sample: ProbationSample, at now: Int64) -> Verdict {
        probes += 1
        let gap = min(max(0, now - (last?.at ?? now)), longestGap)
        let wasHealthy = last?.healthy ?? false
        last = (now, sample.problem == nil)
        if let why = excess(sample) { return .failed(why) }
        guard let problem = sample.problem else {
            if wasHealthy { watched += gap } else if hasStarted { unhealthy += gap }
            hasStarted = true
            failures = 0
            return watched >= specification.duration ? .good : .watching
        }
        failedProbes += 1
        guard hasStarted else {
            guard now >= specification.startTimeout else { return .watching }
            return .failed(
                "not healthy within \(specification.startTimeout) ms of its start: \(problem)")
        }
        failures += 1
        unhealthy += gap
        guard failures < specification.failures else {
            return .failed("\(failures) probes failed in a row: \(problem)")
        }
        // Else one that comes and goes would stay in trial for ever.
        let most = max(
            specification.duration, Int64(specification.failures) * specification.interval)
        guard unhealthy <= most else {
            return .failed(
                "unhealthy for \(unhealthy) ms in all, and \(most) ms are forgiven: \(problem)")
        }
        return .watching
    }

    private func excess(_ sample: ProbationSample) -> String? {
        if let most = limits.restarts, let restarts = sample.restarts, restarts > most {
            return "its unit was restarted \(restarts) times, and \(most) are forgiven"
        }
        if let most = limits.memory, let memory = sample.memory, memory > most {
            return "its unit used \(memory) bytes of memory, and \(most) are allowed"
        }
        return nil
    }
}
