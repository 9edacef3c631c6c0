public import Faults
public import StrictJSON

/// How a version is watched after the swap, before it counts as good.
public struct ProbationSpecification: Sendable, Equatable {
    /// How long it must stay healthy, in milliseconds.
    public var duration: Int64
    /// Between two probes, in milliseconds.
    public var interval: Int64
    /// How long it may take until the first healthy probe, in milliseconds.
    public var startTimeout: Int64
    /// So many failed probes in a row end the probation.
    public var failures: Int

    /// Makes a specification; by default one minute, probed each second.
    public init(
        duration: Int64 = 60_000, interval: Int64 = 1000, startTimeout: Int64 = 30_000,
        failures: Int = 3
    ) {
        self.duration = duration
        self.interval = interval
        self.startTimeout = startTimeout
        self.failures = failures
    }

    /// Reads it from the manifest.
    public init(_ fields: JSONFields) throws(Fault) {
        let week: Int64 = 7 * 24 * 3_600_000
        self.init(
            duration: try fields.integer("duration", in: 0...week),
            interval: try fields.integer("interval", in: 10...3_600_000),
            startTimeout: try fields.integer("startTimeout", in: 0...3_600_000),
            failures: try fields.integer("failures", in: 1...1000))
    }

    /// The specification as JSON.
    public var json: JSONValue {
        .members([
            ("duration", .integer(duration)), ("interval", .integer(interval)),
            ("startTimeout", .integer(startTimeout)), ("failures", .integer(failures)),
        ])
    }
}
