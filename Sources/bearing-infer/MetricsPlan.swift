internal import Faults
internal import StrictJSON

/// What of inputs and answers is counted: which output holds the classes' probabilities, and into
/// which intervals confidence and input statistics are sorted.
///
/// The intervals are the release's own, so that what a device counts can be held against what the same
/// program counted over the release's validation data.
struct MetricsPlan: Equatable, Sendable {
    /// A statistic of one input, and its intervals.
    struct Feature: Equatable, Sendable {
        /// The input's name.
        let input: String
        let statistic: Statistic
        /// Upper ends of the intervals, ascending; one more interval lies above the last.
        let edges: [Double]
    }

    /// What is computed of the elements of one input.
    enum Statistic: String, CaseIterable, Sendable {
        case mean
        /// The root of the mean square.
        case rms
        /// The largest absolute value.
        case peak

        /// The statistic of some elements; 0 of none.
        func of(_ elements: ArraySlice<Double>) -> Double {
            guard !elements.isEmpty else { return 0 }
            let count = Double(elements.count)
            return switch self {
            case .mean: elements.reduce(0, +) / count
            case .rms: (elements.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
            case .peak: elements.reduce(0) { max($0, abs($1)) }
            }
        }
    }

    /// Up to so many classes, confidence and inputs are counted for each by itself.
    static let mostSplit = 20
    /// The most intervals of one histogram.
    static let mostEdges = 100
    /// The largest that the file may be, in bytes.
    static let fileLimit = 64 << 10

    /// The output with the classes' probabilities, a row a prediction.
    let output: String
    /// The classes, in the output's order.
    let classes: [String]
    /// Upper ends of the confidence's intervals.
    let confidence: [Double]
    let features: [Feature]

    /// Whether confidence and inputs are counted for each predicted class by itself: a mix of classes
    /// that shifts is told from inputs that changed only so.
    var isSplit: Bool { classes.count <= Self.mostSplit }

    /// Reads a plan and holds it against the model.
    ///
    /// - Parameters:
    ///   - bytes: the file; see docs/telemetry.md.
    ///   - inputs: what the model takes.
    ///   - outputs: what it gives.
    /// - Throws: a `Fault` that says what does not fit.
    init(_ bytes: [UInt8], inputs: [TensorSpec], outputs: [TensorSpec]) throws(Fault) {
        let limits = JSONLimits(bytes: Self.fileLimit, depth: 6, values: 4096)
        let fields = try JSONFields(try JSONReader.read(bytes, limits: limits), path: "metrics")
        let output = try fields.string("output", limit: 256)
        guard let spec = outputs.first(where: { $0.name == output }) else {
            throw Fault(
                .malformed,
                "“metrics.output” is “\(output)”; the model has "
                    + "\(outputs.map { "“\($0.name)”" }.joined(separator: ", ")).")
        }
        var classes: [String] = []
        for value in try fields.array("classes", limit: 1000) {
            guard case .string(let name) = value, (1...128).contains(name.utf8.count),
                !classes.contains(name)
            else {
                throw Fault(
                    .malformed,
                    "“metrics.classes” holds \(value.compactText.prefix(40)); different names of 1 to "
                        + "128 bytes were expected.")
            }
            classes.append(name)
        }
        guard spec.shape.last == classes.count else {
            throw Fault(
                .malformed,
                "“metrics.classes” has \(classes.count) names; the output “\(output)” has the shape "
                    + "\(spec.shape).")
        }
        self.output = output
        self.classes = classes
        confidence = try Self.edges(fields, "confidence")
        var features: [Feature] = []
        for (number, value) in try fields.array("inputs", limit: 32).enumerated() {
            let fields = try JSONFields(value, path: "metrics.inputs[\(number)]")
            let input = try fields.string("input", limit: 256)
            let name = try fields.string("statistic", limit: 32)
            guard inputs.contains(where: { $0.name == input }) else {
                throw Fault(
                    .malformed, "“\(fields.path).input” is “\(input)”, which the model has not.")
            }
            guard let statistic = Statistic(rawValue: name) else {
                let known = Statistic.allCases.map(\.rawValue).joined(separator: ", ")
                throw Fault(
                    .malformed, "“\(fields.path).statistic” is “\(name)”; known are \(known).")
            }
            features.append(
                Feature(
                    input: input, statistic: statistic, edges: try Self.edges(fields, "edges")))
        }
        self.features = features
    }

    private static func edges(_ fields: JSONFields, _ key: String) throws(Fault) -> [Double] {
        var edges: [Double] = []
        for value in try fields.array(key, limit: mostEdges) {
            guard case .number(let text) = value, let edge = Double(text), edge.isFinite,
                edges.last.map({ $0 < edge }) ?? true
            else {
                throw Fault(
                    .malformed,
                    "“\(fields.path).\(key)” holds \(value.compactText.prefix(40)); ascending numbers "
                        + "were expected.")
            }
            edges.append(edge)
        }
        guard !edges.isEmpty else {
            throw Fault(
                .malformed, "“\(fields.path).\(key)” is empty; ascending numbers were expected.")
        }
        return edges
    }
}
