public import Faults
public import StrictJSON

/// What an application counted of its model's answers: since it began, between two looks, or over the
/// release's validation data.
public struct ModelCounts: Sendable, Equatable {
    /// A statistic of one input.
    public struct Feature: Sendable, Hashable, Comparable {
        /// The input's name.
        public var input: String
        /// The statistic's.
        public var statistic: String

        /// Names a feature.
        public init(_ input: String, _ statistic: String) {
            self.input = input
            self.statistic = statistic
        }

        /// By input, then by statistic.
        public static func < (one: Feature, other: Feature) -> Bool {
            (one.input, one.statistic) < (other.input, other.statistic)
        }
    }

    /// Predictions by the class that they name.
    public var predictions: [String: UInt64] = [:]
    /// The highest probability of each prediction.
    public var confidence: IntervalCounts?
    /// The inputs' statistics.
    public var inputs: [Feature: IntervalCounts] = [:]
    /// Inputs all of whose elements are the same.
    public var constantInputs: UInt64 = 0
    /// Inferences that were answered.
    public var inferences: UInt64 = 0
    /// Inferences that failed.
    public var errors: UInt64 = 0
    /// Requests that do not fit the model.
    public var refused: UInt64 = 0

    /// Nothing was counted.
    public init() {}

    /// How many predictions there are.
    public var samples: UInt64 { predictions.values.reduce(0, &+) }

    /// What came on top of an earlier look.
    ///
    /// - Parameter earlier: what the same program had counted by then.
    /// - Returns: the difference; `nil` where counting began anew in between, or counts otherwise.
    public func since(_ earlier: ModelCounts) -> ModelCounts? {
        var more = ModelCounts()
        for (name, count) in predictions {
            let before = earlier.predictions[name] ?? 0
            guard before <= count else { return nil }
            more.predictions[name] = count - before
        }
        let numbers: [WritableKeyPath<ModelCounts, UInt64>] = [
            \.constantInputs, \.inferences, \.errors, \.refused,
        ]
        for number in numbers {
            guard earlier[keyPath: number] <= self[keyPath: number] else { return nil }
            more[keyPath: number] = self[keyPath: number] - earlier[keyPath: number]
        }
        if let confidence {
            guard let difference = earlier.confidence.map(confidence.since) ?? confidence else {
                return nil
            }
            more.confidence = difference
        }
        for (feature, counts) in inputs {
            guard let difference = earlier.inputs[feature].map(counts.since) ?? counts else {
                return nil
            }
            more.inputs[feature] = difference
        }
        return more
    }

    /// Takes in what was counted besides.
    public mutating func add(_ other: ModelCounts) {
        predictions.merge(other.predictions) { $0 &+ $1 }
        constantInputs &+= other.constantInputs
        inferences &+= other.inferences
        errors &+= other.errors
        refused &+= other.refused
        confidence = other.confidence.map { $0.adding(confidence ?? $0.empty) } ?? confidence
        inputs.merge(other.inputs) { $1.adding($0) }
    }
}

extension IntervalCounts {
    /// The same intervals without a value.
    fileprivate var empty: IntervalCounts { IntervalCounts(edges) }
}

extension ModelCounts {
    /// The counts as JSON, the same for the same counts.
    public var json: JSONValue {
        .members([
            (
                "predictions",
                .array(
                    predictions.sorted { $0.key < $1.key }.map { name, count in
                        .members([("class", .string(name)), ("count", .integer(count))])
                    })
            ),
            ("confidence", confidence?.json),
            (
                "inputs",
                .array(
                    inputs.sorted { $0.key < $1.key }.map { feature, counts in
                        .members([
                            ("input", .string(feature.input)),
                            ("statistic", .string(feature.statistic)),
                            ("intervals", counts.json),
                        ])
                    })
            ),
            ("constantInputs", .integer(constantInputs)), ("inferences", .integer(inferences)),
            ("errors", .integer(errors)), ("refused", .integer(refused)),
        ])
    }

    /// Reads counts.
    ///
    /// - Throws: a `Fault` of code `malformed`.
    public init(_ fields: JSONFields) throws(Fault) {
        let count = UInt64(0)...(UInt64(1) << 53 - 1)
        for value in try fields.array("predictions", limit: IntervalCounts.mostGroups) {
            let group = try JSONFields(value, path: "\(fields.path).predictions")
            let name = try group.string("class", limit: 128)
            guard
                predictions.updateValue(try group.integer("count", in: count), forKey: name) == nil
            else { throw Fault(.malformed, "“\(group.path)” has “\(name)” twice.") }
        }
        confidence = try fields.optionalObject("confidence").map { (fields) throws(Fault) in
            try IntervalCounts(fields)
        }
        for value in try fields.array("inputs", limit: ModelCounts.mostInputs) {
            let group = try JSONFields(value, path: "\(fields.path).inputs")
            let feature = Feature(
                try group.string("input", limit: 256), try group.string("statistic", limit: 32))
            inputs[feature] = try IntervalCounts(group.object("intervals"))
        }
        constantInputs = try fields.integer("constantInputs", in: count)
        inferences = try fields.integer("inferences", in: count)
        errors = try fields.integer("errors", in: count)
        refused = try fields.integer("refused", in: count)
    }

    /// The most features of inputs.
    public static let mostInputs = 32
}
