internal import Faults
internal import Smoke
internal import StrictJSON
internal import Telemetry

/// Makes a reference of what a validation run's program counted, and refuses what could not be one.
enum ReferenceCounts {
    /// The most bytes of a reference as JSON: a manifest has room for it and for all else.
    static let limit = 256 << 10

    /// Refuses a page that says nothing, before anything is asked.
    ///
    /// - Parameter page: the page before the first input.
    /// - Throws: a `Fault` of code `source` or `malformed`.
    static func check(_ page: [UInt8]) throws(Fault) {
        let reading = try ModelReading(try MetricText.read(page))
        guard !reading.counts.predictions.isEmpty else {
            throw Fault(
                .source,
                "The page of metrics has no inference_predictions_total, so that there is nothing to "
                    + "compare.",
                advice: "Every class has a line from the beginning; does the program lack an "
                    + "argument, such as --metrics?")
        }
    }

    /// What the program counted of the run's inputs.
    ///
    /// - Parameter outcome: the run.
    /// - Returns: the reference, with default limits.
    /// - Throws: a `Fault` of code `source` where it did not count each input once, `malformed` of a
    ///   page that cannot be read.
    static func reference(_ outcome: ReferenceRun.Outcome) throws(Fault) -> ModelReference {
        let before = try ModelReading(try MetricText.read(outcome.before))
        let after = try ModelReading(try MetricText.read(outcome.after))
        guard before.started == after.started, before.digest == after.digest,
            let counts = after.counts.since(before.counts)
        else {
            throw Fault(
                .source, "The program began to count anew during the validation run.",
                advice: "Let it count for as long as it runs.")
        }
        try check(counts, outcome)
        return ModelReference(counts, digest: after.digest)
    }

    private static func check(
        _ counts: ModelCounts, _ outcome: ReferenceRun.Outcome
    ) throws(Fault) {
        let asked =
            outcome.rows == outcome.inferences
            ? "\(outcome.inferences) inputs"
            : "\(outcome.inferences) inputs with \(outcome.rows) rows"
        let right = [UInt64(outcome.inferences), UInt64(outcome.rows)]
        let samples = counts.samples
        var numbers = [
            ("inferences (inference_latency_seconds)", counts.inferences),
            ("predictions (inference_predictions_total)", samples),
        ]
        if let confidence = counts.confidence {
            numbers.append(("confidences (inference_confidence)", confidence.total))
        }
        for (feature, values) in counts.inputs.sorted(by: { $0.key < $1.key }) {
            numbers.append(
                ("values of \(feature.input) \(feature.statistic) (inference_input)", values.total))
        }
        for (number, (name, count)) in numbers.enumerated()
        where !(number < 2 ? right.contains(count) : count == samples) {
            throw Fault(
                .source,
                "The counts do not add up: the program was given \(asked), and counted \(count) "
                    + "\(name).",
                advice: "It must count each answer once, and nothing else may ask it meanwhile.")
        }
        guard counts.errors == 0, counts.refused == 0 else {
            throw Fault(
                .source,
                "Of \(asked), the program counted \(counts.errors) as failed and \(counts.refused) as "
                    + "refused; none was expected.")
        }
    }

    /// Refuses a reference that cannot serve: too little was counted, or too much for a manifest.
    ///
    /// - Throws: a `Fault` of code `source`.
    static func checkUse(_ reference: ModelReference) throws(Fault) {
        guard reference.counts.samples >= reference.limits.samples else {
            throw Fault(
                .source,
                "The reference has \(reference.counts.samples) predictions; a window needs "
                    + "\(reference.limits.samples) (“samples”), and the reference no fewer.",
                advice: "Validate with more inputs, or set “samples” lower.")
        }
        let bytes = reference.json.compact.count
        guard bytes <= limit else {
            throw Fault(
                .source,
                "The reference has \(bytes) bytes of JSON; a manifest has room for \(limit).",
                advice: "Count fewer classes by themselves, fewer statistics, or fewer intervals.")
        }
        // As a machine will read it.
        guard try ModelReference(reference.json) == reference else {
            throw Fault(.internalError, "The reference does not read back as it was written.")
        }
    }
}
