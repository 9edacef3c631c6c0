/// What was counted since the program began.
struct MetricsTally: Equatable, Sendable {
    /// Upper ends of the latency's intervals, in seconds.
    static let latencyEdges = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
        10,
    ]

    let plan: MetricsPlan?
    /// Predictions by class, in the plan's order.
    private(set) var predictions: [UInt64]
    /// The confidence, by predicted class where the plan is split; else one.
    private(set) var confidence: [Histogram]
    /// The plan's features likewise, for each in the plan's order.
    private(set) var features: [[Histogram]]
    /// Inputs all of whose elements are the same: a sensor that is dead or not connected.
    private(set) var constantInputs: UInt64 = 0
    private(set) var latency = Histogram(latencyEdges)
    /// Requests that were refused because they do not fit the model.
    private(set) var refused: UInt64 = 0
    /// Inferences that failed.
    private(set) var failed: UInt64 = 0

    init(_ plan: MetricsPlan?) {
        self.plan = plan
        predictions = [UInt64](repeating: 0, count: plan?.classes.count ?? 0)
        let groups = plan.map { $0.isSplit ? $0.classes.count : 1 } ?? 0
        func split(_ edges: [Double]) -> [Histogram] {
            [Histogram](repeating: Histogram(edges), count: groups)
        }
        confidence = plan.map { split($0.confidence) } ?? []
        features = plan?.features.map { split($0.edges) } ?? []
    }

    /// Counts a request that was refused.
    mutating func refuse() { refused += 1 }

    /// Counts an inference that failed.
    mutating func fail() { failed += 1 }

    /// Counts an inference.
    ///
    /// - Parameters:
    ///   - inputs: what it was asked.
    ///   - answers: what it answered, the plan's output among it.
    ///   - seconds: how long it took.
    mutating func add(_ inputs: [Tensor], _ answers: [Tensor], seconds: Double) {
        latency.add(seconds)
        guard let plan, let answer = answers.first(where: { $0.name == plan.output }) else {
            return
        }
        let rows = answer.rows
        var groups: [Int] = []
        for row in rows where row.count == predictions.count {
            guard let highest = row.indices.max(by: { row[$0] < row[$1] }) else { continue }
            let number = highest - row.startIndex
            predictions[number] += 1
            groups.append(plan.isSplit ? number : 0)
            confidence[plan.isSplit ? number : 0].add(row[highest])
        }
        // Inputs that do not come a row a prediction belong to no class.
        for tensor in inputs {
            let values = tensor.rows
            guard values.count == groups.count else { continue }
            for (row, group) in zip(values, groups) {
                if row.allSatisfy({ $0 == row.first }) { constantInputs += 1 }
                for (number, feature) in plan.features.enumerated()
                where feature.input == tensor.name {
                    features[number][group].add(feature.statistic.of(row))
                }
            }
        }
    }
}

extension Tensor {
    /// The elements as numbers, by the first dimension where there are several.
    var rows: [ArraySlice<Double>] {
        let elements = numbers
        let count = shape.count > 1 ? max(shape[0], 1) : 1
        let width = elements.count / count
        guard width > 0 else { return [] }
        return (0..<count).map { elements[$0 * width..<($0 + 1) * width] }
    }

    private var numbers: [Double] {
        stride(from: 0, to: bytes.count, by: datatype.size).map { datatype.number(bytes, at: $0) }
    }
}
