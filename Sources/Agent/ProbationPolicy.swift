internal import Bundle

/// Whether a version passes its probation: a pure decision over one probe after another.
struct ProbationPolicy: Equatable {
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
    private(set) var healthySince: Int64?
    private(set) var failures = 0
    private(set) var probes = 0
    private(set) var failedProbes = 0

    /// Begins a probation.
    init(_ specification: ProbationSpecification) {
        self.specification = specification
    }

    /// Takes in one probe.
    ///
    /// - Parameters:
    ///   - problem: why the application is not healthy; `nil` where it is.
    ///   - now: milliseconds since the probation began.
    /// - Returns: what follows.
    mutating func probed(_ problem: String?, at now: Int64) -> Verdict {
        probes += 1
        guard let problem else {
            failures = 0
            let since = healthySince ?? now
            healthySince = since
            return now - since >= specification.duration ? .good : .watching
        }
        failedProbes += 1
        guard healthySince != nil else {
            guard now >= specification.startTimeout else { return .watching }
            return .failed(
                "not healthy within \(specification.startTimeout) ms of its start: \(problem)")
        }
        failures += 1
        guard failures >= specification.failures else { return .watching }
        return .failed("\(failures) probes failed in a row: \(problem)")
    }
}
