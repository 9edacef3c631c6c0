public import Faults

/// One look at an application's page of metrics; the names are those of docs/telemetry.md.
public struct ModelReading: Sendable, Equatable {
    /// What it counted since it began.
    public var counts = ModelCounts()
    /// When it began, in seconds since 1970; 0 where it does not say.
    public var started = 0.0
    /// The model's own version; empty where it does not say.
    public var version = ""
    /// The SHA-256 of the model's file in hex; empty where it does not say.
    public var digest = ""
    /// The name under which the model is served; empty where it does not say.
    public var model = ""
    /// The time of all its inferences, in seconds.
    public var latency = 0.0

    /// Nothing was read.
    public init() {}

    /// Reads a page's samples.
    ///
    /// Metrics of other names are passed over.
    ///
    /// - Parameter samples: the page.
    /// - Throws: a `Fault` of code `malformed` where a count is none, a histogram does not rise, or there
    ///   is more of something than is bounded.
    public init(_ samples: [MetricSample]) throws(Fault) {
        var confidence = HistogramReader("inference_confidence")
        var inputs: [ModelCounts.Feature: HistogramReader] = [:]
        for sample in samples {
            switch sample.name {
            case "inference_info":
                model = ModelReading.bounded(sample.labels["model", default: ""])
                version = ModelReading.bounded(sample.labels["version", default: ""])
                digest = ModelReading.bounded(sample.labels["digest", default: ""])
            case "inference_start_time_seconds":
                started = ModelReading.seconds(sample)
            case "inference_latency_seconds_count":
                counts.inferences = try ModelReading.count(sample)
            case "inference_latency_seconds_sum":
                latency = ModelReading.seconds(sample)
            case "inference_errors_total": counts.errors = try ModelReading.count(sample)
            case "inference_requests_refused_total":
                counts.refused = try ModelReading.count(sample)
            case "inference_inputs_constant_total":
                counts.constantInputs = try ModelReading.count(sample)
            case "inference_predictions_total":
                let name = try ModelReading.group(sample)
                let count = try ModelReading.count(sample)
                guard counts.predictions.updateValue(count, forKey: name) == nil else {
                    throw Fault(.malformed, "“\(sample.name)” counts one class twice.")
                }
                try ModelReading.bound(counts.predictions.count, sample, IntervalCounts.mostGroups)
            case "inference_confidence_bucket": try confidence.take(sample)
            case "inference_input_bucket":
                let feature = ModelCounts.Feature(
                    sample.labels["input", default: ""], sample.labels["statistic", default: ""])
                guard feature.input.utf8.count <= 256, feature.statistic.utf8.count <= 32 else {
                    throw Fault(
                        .malformed,
                        "“\(sample.name)” has a name of more than 256 bytes, or a "
                            + "statistic of more than 32.")
                }
                try inputs[feature, default: HistogramReader("inference_input")].take(sample)
                try ModelReading.bound(inputs.count, sample, ModelCounts.mostInputs)
            default: break
            }
        }
        counts.confidence = try confidence.read()
        for (feature, reader) in inputs { counts.inputs[feature] = try reader.read() }
    }

    /// The class that a sample is of.
    static func group(_ sample: MetricSample) throws(Fault) -> String {
        let name = sample.labels["class", default: IntervalCounts.whole]
        guard name.utf8.count <= 128 else {
            throw Fault(
                .malformed, "“\(sample.name)” has a class of \(name.utf8.count) bytes; at most 128."
            )
        }
        return name
    }

    /// A sample's value as a count.
    static func count(_ sample: MetricSample) throws(Fault) -> UInt64 {
        guard let count = UInt64(exactly: sample.value), count < 1 << 53 else {
            throw Fault(
                .malformed, "“\(sample.name)” is \(sample.value); a count below 2^53 was expected.")
        }
        return count
    }

    /// The beginning of a text, so short that what is kept of it can be read again.
    private static func bounded(_ text: String) -> String {
        String(decoding: Array(text.utf8.prefix(128)), as: UTF8.self)
    }

    /// A sample's value as a number of seconds.
    private static func seconds(_ sample: MetricSample) -> Double {
        sample.value.isFinite ? min(max(0, sample.value), Double(1 << 53)) : 0
    }

    static func bound(_ count: Int, _ sample: MetricSample, _ most: Int) throws(Fault) {
        guard count <= most else {
            throw Fault(.malformed, "There are more than \(most) of “\(sample.name)”.")
        }
    }
}

/// Gathers the buckets of one histogram, by class.
private struct HistogramReader {
    private let name: String
    /// By class: upper end and how many values lie at or below it.
    private var buckets: [String: [(edge: Double, below: UInt64)]] = [:]

    init(_ name: String) { self.name = name }

    mutating func take(_ sample: MetricSample) throws(Fault) {
        guard let text = sample.labels["le"], let edge = text == "+Inf" ? .infinity : Double(text),
            !edge.isNaN
        else { throw Fault(.malformed, "A bucket of “\(name)” has no upper end.") }
        let group = try ModelReading.group(sample)
        buckets[group, default: []].append((edge, try ModelReading.count(sample)))
        try ModelReading.bound(buckets.count, sample, IntervalCounts.mostGroups)
        try ModelReading.bound(
            buckets[group]?.count ?? 0, sample, IntervalCounts.mostEdges + 1)
    }

    /// The counts; `nil` where there is no bucket.
    func read() throws(Fault) -> IntervalCounts? {
        guard let first = buckets.values.first else { return nil }
        let edges = first.map(\.edge).sorted().dropLast()
        var counts = IntervalCounts(Array(edges))
        for (group, found) in buckets {
            let rising = found.sorted { $0.edge < $1.edge }
            guard rising.last?.edge == .infinity, edges.allSatisfy(\.isFinite),
                rising.map(\.edge).dropLast() == edges,
                zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }),
                zip(rising, rising.dropFirst()).allSatisfy({ $0.below <= $1.below })
            else {
                throw Fault(
                    .malformed,
                    "The buckets of “\(name)” do not rise to +Inf over the same ends in each class."
                )
            }
            var before: UInt64 = 0
            counts.groups[group] = rising.map { bucket in
                defer { before = bucket.below }
                return bucket.below - before
            }
        }
        return counts
    }
}
