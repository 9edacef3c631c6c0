/// What was counted, in Prometheus' text format (version 0.0.4); the names are those of
/// docs/telemetry.md.
struct MetricsText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private var lines: [String] = []

    /// The page.
    ///
    /// - Parameters:
    ///   - tally: what was counted.
    ///   - model: the served name.
    ///   - version: the model's own version.
    ///   - digest: the model file's SHA-256, in hex.
    ///   - started: when the program began, in seconds since 1970.
    /// - Returns: the text.
    static func page(
        _ tally: MetricsTally, model: String, version: String?, digest: String, started: Double
    ) -> [UInt8] {
        var text = MetricsText()
        text.head("inference_info", "gauge", "The model that answers, by name, version and file.")
        text.line(
            "inference_info", [("model", model), ("version", version ?? ""), ("digest", digest)],
            "1")
        text.head("inference_start_time_seconds", "gauge", "When counting began.")
        text.line("inference_start_time_seconds", [], "\(started)")
        text.head(
            "inference_latency_seconds", "histogram", "Time of one inference, without the network.")
        text.histogram("inference_latency_seconds", [], tally.latency)
        text.head(
            "inference_requests_refused_total", "counter", "Requests that do not fit the model.")
        text.line("inference_requests_refused_total", [], "\(tally.refused)")
        text.head("inference_errors_total", "counter", "Inferences that failed.")
        text.line("inference_errors_total", [], "\(tally.failed)")
        if let plan = tally.plan { text.plan(plan, tally) }
        return Array((text.lines.joined(separator: "\n") + "\n").utf8)
    }

    private mutating func plan(_ plan: MetricsPlan, _ tally: MetricsTally) {
        head("inference_predictions_total", "counter", "Predictions by the class that they name.")
        for (name, count) in zip(plan.classes, tally.predictions) {
            line("inference_predictions_total", [("class", name)], "\(count)")
        }
        head(
            "inference_confidence", "histogram",
            "The highest probability of each prediction, in the release's intervals.")
        for (group, values) in tally.confidence.enumerated() {
            histogram("inference_confidence", Self.group(plan, group), values)
        }
        guard !plan.features.isEmpty else { return }
        head(
            "inference_input", "histogram", "A statistic of each input, in the release's intervals."
        )
        for (feature, groups) in zip(plan.features, tally.features) {
            for (group, values) in groups.enumerated() {
                histogram(
                    "inference_input",
                    [("input", feature.input), ("statistic", feature.statistic.rawValue)]
                        + Self.group(plan, group), values)
            }
        }
        head(
            "inference_inputs_constant_total", "counter",
            "Inputs all of whose elements are the same.")
        line("inference_inputs_constant_total", [], "\(tally.constantInputs)")
    }

    /// The label of the class that a histogram is of, where there is one for each.
    private static func group(_ plan: MetricsPlan, _ number: Int) -> [(String, String)] {
        plan.isSplit ? [("class", plan.classes[number])] : []
    }

    private mutating func head(_ name: String, _ kind: String, _ help: String) {
        lines.append("# HELP \(name) \(help)")
        lines.append("# TYPE \(name) \(kind)")
    }

    private mutating func histogram(
        _ name: String, _ labels: [(String, String)], _ histogram: Histogram
    ) {
        var below: UInt64 = 0
        for (edge, count) in zip(histogram.edges, histogram.counts) {
            below += count
            line("\(name)_bucket", labels + [("le", "\(edge)")], "\(below)")
        }
        line("\(name)_bucket", labels + [("le", "+Inf")], "\(histogram.count)")
        line("\(name)_sum", labels, "\(histogram.sum)")
        line("\(name)_count", labels, "\(histogram.count)")
    }

    private mutating func line(_ name: String, _ labels: [(String, String)], _ value: String) {
        let inner = labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
        lines.append(labels.isEmpty ? "\(name) \(value)" : "\(name){\(inner)} \(value)")
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
