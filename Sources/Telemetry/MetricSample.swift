/// One line of a page of metrics.
public struct MetricSample: Sendable, Equatable {
    /// The metric's name.
    public var name: String
    /// Its labels.
    public var labels: [String: String]
    /// Its value.
    public var value: Double

    /// Makes a sample.
    public init(_ name: String, _ labels: [String: String] = [:], _ value: Double) {
        self.name = name
        self.labels = labels
        self.value = value
    }
}
