internal import Faults
internal import Glibc
internal import StrictJSON

/// How far an answer may be from the golden one: `|a − b| ≤ absolute + relative · |b|`, numpy's
/// rule of `allclose` with the golden value as `b`.
public struct SmokeTolerance: Sendable, Equatable {
    /// The absolute part.
    public var absolute: Double
    /// The part that grows with the golden value.
    public var relative: Double

    /// Makes a tolerance.
    public init(absolute: Double, relative: Double) {
        self.absolute = absolute
        self.relative = relative
    }

    init(_ fields: JSONFields) throws(Fault) {
        absolute = try fields.real("absolute", in: 0...1e30)
        relative = try fields.real("relative", in: 0...1e30)
    }

    var json: JSONValue {
        .members([("absolute", .real(absolute)), ("relative", .real(relative))])
    }

    func validate(_ place: String) throws(Fault) {
        guard (0...1e30).contains(absolute), (0...1).contains(relative) else {
            throw Fault(
                .malformed,
                "“\(place)” is \(absolute) and \(relative); an absolute part from 0 to 1e30 and a "
                    + "relative one from 0 to 1 were expected.")
        }
    }
}

/// A limit on memory.
public struct SmokeMemory: Sendable, Equatable {
    /// The limit, in bytes.
    public var limit: Int
    /// What is measured; numbers of different metrics cannot be compared.
    public var metric: Metric

    /// What is measured.
    public enum Metric: String, Sendable, CaseIterable {
        /// Resident memory at its peak (`VmHWM`), pages of shared libraries included; of several
        /// processes, the largest sum of `VmRSS` that was seen, or the highest single peak.
        case peakResident = "peak-resident"
    }

    /// Makes a limit.
    public init(limit: Int, metric: Metric = .peakResident) {
        self.limit = limit
        self.metric = metric
    }

    static func optional(_ fields: JSONFields) throws(Fault) -> SmokeMemory? {
        guard let memory = try fields.optionalObject("memory") else { return nil }
        let name = try memory.string("metric", limit: 64)
        guard let metric = Metric(rawValue: name) else {
            throw Fault(
                .malformed,
                "“\(memory.path).metric” is “\(name)”; “peak-resident” was expected.")
        }
        return SmokeMemory(limit: try memory.integer("limit", in: 0...Int.max), metric: metric)
    }

    var json: JSONValue {
        .members([("limit", .integer(limit)), ("metric", .string(metric.rawValue))])
    }
}

/// A limit on latency: at the given confidence, the given percentile is below the limit.
///
/// A run "over" takes longer than the limit. If the true percentile were at the limit or above, a
/// run would be over with probability 1 − percentile/100 at least, and as few over as
/// ``allowedOver`` would be seen with probability 1 − confidence at most (the exact binomial test).
public struct SmokeLatency: Sendable, Equatable {
    /// The percentile, 50 to 99.9.
    public var percentile: Double
    /// The limit, in microseconds.
    public var limit: Int
    /// How many runs are measured.
    public var runs: Int
    /// How many runs go before, unmeasured.
    public var warmUp: Int
    /// The confidence, 0.5 to 0.9999.
    public var confidence: Double

    /// Makes a limit.
    public init(
        percentile: Double = 95, limit: Int, runs: Int, warmUp: Int = 10, confidence: Double = 0.99
    ) {
        self.percentile = percentile
        self.limit = limit
        self.runs = runs
        self.warmUp = warmUp
        self.confidence = confidence
    }

    init(_ fields: JSONFields) throws(Fault) {
        percentile = try fields.real("percentile", in: 50...99.9)
        limit = try fields.integer("limit", in: 1...3_600_000_000)
        runs = try fields.integer("runs", in: 1...100_000)
        warmUp = try fields.integer("warmUp", in: 0...10_000)
        confidence = try fields.real("confidence", in: 0.5...0.9999)
    }

    var json: JSONValue {
        .members([
            ("percentile", .real(percentile)), ("limit", .integer(limit)),
            ("runs", .integer(runs)), ("warmUp", .integer(warmUp)),
            ("confidence", .real(confidence)),
        ])
    }

    /// How many of ``runs`` may be over the limit; `nil` where there are too few to prove anything.
    public var allowedOver: Int? {
        SmokeLatency.allowedOver(runs: runs, percentile: percentile, confidence: confidence)
    }

    /// The most runs over the limit that still prove the percentile (the exact binomial rule).
    ///
    /// - Parameters:
    ///   - runs: how many runs are measured.
    ///   - percentile: the percentile, above 0 and below 100.
    ///   - confidence: the confidence, above 0 and below 1.
    /// - Returns: the greatest k for which P(X ≤ k) ≤ 1 − confidence, X being binomial with
    ///   probability 1 − percentile/100; `nil` where not even k = 0 does.
    public static func allowedOver(runs: Int, percentile: Double, confidence: Double) -> Int? {
        guard runs > 0, percentile > 0, percentile < 100, confidence > 0, confidence < 1 else {
            return nil
        }
        let below = percentile / 100
        // Logarithms, because 0.95 to the 100,000th is no Double.
        var term = Double(runs) * log(below)
        let odds = log((1 - below) / below)
        var sum = exp(term)
        guard sum <= 1 - confidence else { return nil }
        for k in 0..<runs {
            term += log(Double(runs - k) / Double(k + 1)) + odds
            sum += exp(term)
            if sum > 1 - confidence { return k }
        }
        return runs
    }

    /// The fewest runs that can prove a percentile, all of them within the limit.
    static func leastRuns(percentile: Double, confidence: Double) -> Int {
        var least = Int((log(1 - confidence) / log(percentile / 100)).rounded(.up))
        // Rounding may be one off; the rule itself decides.
        while least > 1,
            allowedOver(runs: least - 1, percentile: percentile, confidence: confidence) != nil
        { least -= 1 }
        while allowedOver(runs: least, percentile: percentile, confidence: confidence) == nil {
            least += 1
        }
        return least
    }

    func validate(_ place: String) throws(Fault) {
        guard (50...99.9).contains(percentile), (0.5...0.9999).contains(confidence) else {
            throw Fault(
                .malformed,
                "“\(place)” asks for percentile \(percentile) at confidence \(confidence); 50 to "
                    + "99.9 and 0.5 to 0.9999 are accepted.")
        }
        try SmokeCheck.range(limit, 1...3_600_000_000, "\(place).limit", "microseconds")
        try SmokeCheck.range(runs, 1...100_000, "\(place).runs", "runs")
        try SmokeCheck.range(warmUp, 0...10_000, "\(place).warmUp", "runs")
        guard allowedOver != nil else {
            let least = SmokeLatency.leastRuns(percentile: percentile, confidence: confidence)
            throw Fault(
                .malformed,
                "“\(place).runs” is \(runs); percentile \(percentile) at confidence \(confidence) "
                    + "needs at least \(least) runs.",
                advice: "Measure \(least) runs or more, or ask for less.")
        }
    }
}
