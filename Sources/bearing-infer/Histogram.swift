/// How many values fell into each of some intervals.
struct Histogram: Equatable, Sendable {
    /// Upper ends of the intervals, which they include; one more lies above the last.
    let edges: [Double]
    private(set) var counts: [UInt64]
    private(set) var sum = 0.0

    init(_ edges: [Double]) {
        self.edges = edges
        counts = [UInt64](repeating: 0, count: edges.count + 1)
    }

    /// Takes in a value.
    mutating func add(_ value: Double) {
        counts[edges.firstIndex { value <= $0 } ?? edges.count] += 1
        sum += value
    }

    /// How many values were taken in.
    var count: UInt64 { counts.reduce(0, +) }
}
