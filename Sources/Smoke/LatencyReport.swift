internal import Bundle
public import StrictJSON

/// Measured latencies, held against their limit.
public struct LatencyReport: Sendable, Equatable {
    /// How many runs were measured.
    public let runs: Int
    /// Percentiles 50, 95 and 99 by nearest rank, and the slowest run, in microseconds.
    public let p50, p95, p99, slowest: Int64
    /// The percentile that the limit is for.
    public let percentile: Double
    /// The limit, in microseconds.
    public let limit: Int
    /// The confidence asked for.
    public let confidence: Double
    /// How many runs were over the limit.
    public let over: Int
    /// How many may be.
    public let allowedOver: Int

    /// Whether the limit is kept: all runs measured, and few enough over it.
    public var passed: Bool { over <= allowedOver && runs >= asked }
    private let asked: Int

    /// Sums up measurements.
    ///
    /// - Parameters:
    ///   - nanoseconds: the measured runs, at least one.
    ///   - specification: the limit.
    init(_ nanoseconds: [Int64], _ specification: SmokeLatency) {
        let sorted = nanoseconds.map { ($0 + 500) / 1000 }.sorted()
        func rank(_ percent: Int) -> Int64 {
            guard !sorted.isEmpty else { return 0 }
            return sorted[(sorted.count * percent + 99) / 100 - 1]
        }
        runs = sorted.count
        p50 = rank(50)
        p95 = rank(95)
        p99 = rank(99)
        slowest = sorted.last ?? 0
        percentile = specification.percentile
        limit = specification.limit
        confidence = specification.confidence
        over = nanoseconds.count { $0 > Int64(specification.limit) * 1000 }
        allowedOver = specification.allowedOver ?? 0
        asked = specification.runs
    }

    /// The latencies as JSON, times in microseconds.
    public var json: JSONValue {
        .members([
            ("runs", .integer(runs)), ("p50", .integer(p50)), ("p95", .integer(p95)),
            ("p99", .integer(p99)), ("max", .integer(slowest)), ("percentile", .real(percentile)),
            ("limit", .integer(limit)), ("confidence", .real(confidence)),
            ("over", .integer(over)), ("allowedOver", .integer(allowedOver)),
        ])
    }
}
