/// How far what a model answered in a window lies from its reference.
public struct DriftFigures: Sendable, Equatable {
    /// Predictions in the window.
    public var samples: UInt64
    /// Inferences in the window, those that failed too.
    public var asked: UInt64
    /// What the reference has and the window has nothing to compare with, in words: another program's
    /// intervals, or too few values in each class.
    public var missing: [String] = []
    /// The index of the mix of classes.
    public var mix: Double
    /// The index of the confidence within the classes; `nil` where that cannot be told.
    public var confidence: Double?
    /// The index of each input statistic within the classes.
    public var inputs: [ModelCounts.Feature: Double] = [:]
    /// The share of inputs all of whose elements are the same.
    public var constantShare: Double
    /// The share of inferences that failed.
    public var errorShare: Double

    /// Compares a window with its reference.
    ///
    /// - Parameters:
    ///   - counts: the window.
    ///   - reference: what the release counted over its validation data.
    public init(_ counts: ModelCounts, against reference: ModelCounts) {
        samples = counts.samples
        asked = max(counts.samples, counts.inferences &+ counts.errors)
        let classes = Set(counts.predictions.keys).union(reference.predictions.keys).sorted()
        mix = StabilityIndex.of(
            classes.map { counts.predictions[$0] ?? 0 },
            against: classes.map { reference.predictions[$0] ?? 0 })
        if let expected = reference.confidence {
            confidence = counts.confidence.flatMap { StabilityIndex.within($0, against: expected) }
            if confidence == nil { missing.append("confidence") }
        }
        for (feature, expected) in reference.inputs.sorted(by: { $0.key < $1.key }) {
            let seen = counts.inputs[feature]
            inputs[feature] = seen.flatMap { StabilityIndex.within($0, against: expected) }
            if inputs[feature] == nil {
                missing.append("\(feature.statistic) of input “\(feature.input)”")
            }
        }
        func share(_ part: UInt64, of whole: UInt64) -> Double {
            whole == 0 ? 0 : min(1, Double(part) / Double(whole))
        }
        constantShare = share(counts.constantInputs, of: counts.samples)
        errorShare = share(counts.errors, of: counts.inferences &+ counts.errors)
    }

    /// Whether they say anything: enough was predicted and all that the reference has can be compared; or
    /// enough was asked, and too much of it failed or did not change.
    func isTelling(_ limits: DriftLimits) -> Bool {
        guard max(samples, asked) >= limits.samples else { return false }
        if errorShare > limits.errorShare || constantShare > limits.constantShare { return true }
        return samples >= limits.samples
            && (missing.isEmpty || !troubles(limits, wasWorse: false).isEmpty)
    }

    /// What is worse than it may be, in words with the numbers that decided; empty where nothing is.
    ///
    /// - Parameters:
    ///   - limits: from where on.
    ///   - wasWorse: whether it was worse before, so that the lower bound counts.
    /// - Returns: the troubles.
    func troubles(_ limits: DriftLimits, wasWorse: Bool) -> [String] {
        let most = wasWorse ? limits.recovery : limits.index
        var troubles: [String] = []
        func told(_ value: Double) -> String {
            let hundredths = Int((min(value, 1e6) * 100).rounded())
            let cents = "\(hundredths % 100)"
            return "\(hundredths / 100).\(cents.count < 2 ? "0" : "")\(cents)"
        }
        for (feature, index) in inputs.sorted(by: { $0.key < $1.key }) where index > most {
            troubles.append(
                "\(feature.statistic) of input “\(feature.input)” lies \(told(index)) from its "
                    + "reference, and \(told(most)) is allowed")
        }
        if let confidence, confidence > most {
            troubles.append(
                "confidence lies \(told(confidence)) from its reference, and \(told(most)) is allowed"
            )
        }
        if constantShare > limits.constantShare {
            troubles.append(
                "\(told(constantShare * 100)) % of inputs do not change, and "
                    + "\(told(limits.constantShare * 100)) % are allowed")
        }
        if errorShare > limits.errorShare {
            troubles.append(
                "\(told(errorShare * 100)) % of inferences failed, and "
                    + "\(told(limits.errorShare * 100)) % are allowed")
        }
        return troubles
    }
}
