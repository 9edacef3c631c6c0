/// A metric with all its samples, as the agent shows it.
public struct MetricFamily: Sendable, Equatable {
    /// What its values mean.
    public enum Kind: String, Sendable {
        /// It goes up and down.
        case gauge
        /// It rises, or begins anew.
        case counter
        /// Its samples are buckets and their count.
        case histogram
    }

    /// Its name.
    public var name: String
    /// What its values mean.
    public var kind: Kind
    /// What it is, in a line.
    public var help: String
    /// Its samples; none is shown of a family without any.
    public var samples: [MetricSample]

    /// Makes a family.
    public init(_ name: String, _ kind: Kind, _ help: String, _ samples: [MetricSample]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
    }

    /// A family of one sample without labels; without a sample where there is no value.
    public static func one(
        _ name: String, _ kind: Kind, _ help: String, _ value: Double?
    ) -> MetricFamily {
        MetricFamily(name, kind, help, value.map { [MetricSample(name, [:], $0)] } ?? [])
    }
}
