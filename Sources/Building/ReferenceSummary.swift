public import Faults
public import StrictJSON
internal import Telemetry

/// A manifest's reference in words.
public struct ReferenceSummary: Sendable, Equatable {
    /// How many predictions were counted.
    public let predictions: UInt64
    /// How many of them by class, by the classes' names.
    public let classes: [(name: String, count: UInt64)]
    /// Half of the confidences lie below this; `nil` where none was counted.
    public let medianConfidence: Double?
    /// The statistics of inputs, by name.
    public let statistics: [String]
    /// SHA-256 of the model's file in hex; empty where the program did not say.
    public let model: String
    /// The limits, in words.
    public let limits: String

    /// The classes that were never predicted.
    public var neverPredicted: [String] { classes.filter { $0.count == 0 }.map(\.name) }

    /// The classes that were predicted too seldom to be compared by themselves, where confidence or inputs
    /// are counted by class.
    public let seldomPredicted: [String]

    /// Why windows of so many predictions would leave something unsaid, in words; empty where they tell
    /// all.
    public let unsaid: [String]

    /// Reads the reference of a manifest.
    ///
    /// - Parameter value: the member `reference`.
    /// - Throws: a `Fault` of code `malformed`.
    public init(_ value: JSONValue) throws(Fault) { self.init(try ModelReference(value)) }

    init(_ reference: ModelReference) {
        let counts = reference.counts
        let limits = reference.limits
        predictions = counts.samples
        classes = counts.predictions.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        medianConfidence = counts.confidence?.quantile(0.5, in: 0...1)
        statistics = counts.inputs.keys.sorted().map { "\($0.input) \($0.statistic)" }
        var split = Array(counts.inputs.values)
        if let confidence = counts.confidence { split.append(confidence) }
        split.removeAll { Set($0.groups.keys).isSubset(of: [IntervalCounts.whole]) }
        let rare = classes.filter { $0.count > 0 && Double($0.count) < StabilityIndex.fewest }
        seldomPredicted = split.isEmpty ? [] : rare.map(\.name)
        unsaid = ReferenceSummary.unsaid(reference, isSplit: !split.isEmpty)
        model = reference.digest
        let windows = limits.windows == 1 ? "1 window" : "\(limits.windows) windows"
        self.limits =
            "shifted from an index of \(limits.index) in \(windows) of \(limits.samples) predictions"
    }

    private static func unsaid(_ reference: ModelReference, isSplit: Bool) -> [String] {
        let counts = reference.counts
        guard counts.confidence != nil || !counts.inputs.isEmpty else {
            return [
                "neither confidence nor inputs are counted: a model that is wrong goes unnoticed "
                    + "as long as it answers"
            ]
        }
        // Within the classes is compared where those with enough in them are half of a window.
        let share = Double(reference.limits.samples) / Double(max(counts.samples, 1))
        let full = counts.predictions.values.filter { Double($0) * share >= StabilityIndex.fewest }
        guard isSplit, full.reduce(0, &+) < counts.samples / 2 else { return [] }
        return [
            "in a window of \(reference.limits.samples) predictions too few of the "
                + "\(counts.predictions.count) classes have \(Int(StabilityIndex.fewest)), so that it stays "
                + "open until they have: set “samples” higher, or count fewer classes apart"
        ]
    }

    /// Whether both say the same.
    public static func == (one: ReferenceSummary, other: ReferenceSummary) -> Bool {
        one.lines == other.lines && one.model == other.model
    }

    /// The summary in a few lines for people.
    public var lines: [String] {
        // Many classes would fill the screen.
        let most = 20
        let shown = classes.prefix(most).map { "\($0.name) \($0.count)" }
        let more = classes.count > most ? ", and \(classes.count - most) more" : ""
        var lines = ["\(predictions) predictions: \(shown.joined(separator: ", "))\(more)"]
        if let median = medianConfidence {
            let thousandths = Int((median * 1000).rounded())
            lines.append(
                "confidence: half below \(Double(thousandths) / 1000)")
        }
        if !statistics.isEmpty { lines.append("inputs: \(statistics.joined(separator: ", "))") }
        lines.append(limits)
        return lines
    }
}
