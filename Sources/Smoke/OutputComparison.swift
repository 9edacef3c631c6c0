internal import Bundle
public import StrictJSON

/// How one golden case's answer compares with the golden one.
public struct CaseReport: Sendable, Equatable {
    /// The case's directory in the slot.
    public let directory: String
    /// The largest `|a − b|` over all outputs; NaN where an answer is no number.
    public private(set) var worstAbsolute = 0.0
    /// The largest `|a − b| / |b|` where the golden `b` is not zero.
    public private(set) var worstRelative = 0.0
    /// How many elements are outside the tolerance.
    public private(set) var outside = 0
    /// How many elements were compared.
    public private(set) var elements = 0
    /// Whether the highest class is the golden one, in every row.
    public private(set) var top1 = true
    /// What is wrong with the answer's form: an output missing, another shape or type.
    public private(set) var problem: String?

    /// Whether the answer is within the tolerance.
    public var passed: Bool { outside == 0 && problem == nil }

    private init(directory: String) {
        self.directory = directory
    }

    /// Compares an answer with a case.
    ///
    /// Outputs are matched by name; a golden output without a name, or an answer without that name
    /// but as many outputs as the golden one, is matched by its place.
    static func compare(
        _ answer: [OpenInference.Output], with golden: GoldenCase, _ tolerance: SmokeTolerance
    ) -> CaseReport {
        var report = CaseReport(directory: golden.directory)
        var ranked = false
        for (place, expected) in golden.outputs.enumerated() {
            let named = expected.name.isEmpty ? nil : answer.first { $0.name == expected.name }
            let placed = answer.count == golden.outputs.count ? answer[place] : nil
            guard let found = named ?? placed else {
                report.fail("the output “\(expected.name)” is missing from the answer")
                continue
            }
            let label = expected.name.isEmpty ? "output \(place)" : "“\(expected.name)”"
            guard found.datatype == expected.type.protocolName, found.shape == expected.shape,
                found.values.count == expected.count
            else {
                report.fail(
                    "\(label) is \(found.datatype.prefix(16)) of shape \(found.shape) with "
                        + "\(found.values.count) elements; \(expected.type.protocolName) of shape "
                        + "\(expected.shape) was expected")
                continue
            }
            report.hold(found.values, against: expected, tolerance)
            // The class is read from the first output that can hold scores.
            if !ranked, expected.type.isReal, let classes = expected.shape.last, classes > 1 {
                ranked = true
                report.rank(found.values, against: expected, classes)
            }
        }
        if !ranked { report.top1 = report.passed }
        return report
    }

    private mutating func fail(_ what: String) {
        problem = problem ?? what
        top1 = false
    }

    private mutating func hold(
        _ values: [Double], against golden: Tensor, _ tolerance: SmokeTolerance
    ) {
        for (index, value) in values.enumerated() {
            let expected = golden.value(index)
            let difference = abs(value - expected)
            elements += 1
            // Written so that NaN is outside.
            if !(difference <= tolerance.absolute + tolerance.relative * abs(expected)) {
                outside += 1
            }
            if difference.isNaN || difference > worstAbsolute { worstAbsolute = difference }
            if expected != 0 {
                let relative = difference / abs(expected)
                if relative.isNaN || relative > worstRelative { worstRelative = relative }
            }
        }
    }

    private mutating func rank(_ values: [Double], against golden: Tensor, _ classes: Int) {
        for row in stride(from: 0, to: values.count, by: classes) {
            var best = row
            var expected = row
            for index in row..<(row + classes) {
                // The first of equal ones wins, as in numpy's argmax.
                if values[index] > values[best] || values[best].isNaN { best = index }
                if golden.value(index) > golden.value(expected) { expected = index }
            }
            if best != expected || values[best].isNaN { top1 = false }
        }
    }

    /// The comparison as JSON.
    public var json: JSONValue {
        .members([
            ("case", .string(directory)), ("passed", .bool(passed)), ("top1", .bool(top1)),
            ("worstAbsolute", .real(worstAbsolute)), ("worstRelative", .real(worstRelative)),
            ("outside", .integer(outside)), ("elements", .integer(elements)),
            ("problem", problem.map { .string($0) }),
        ])
    }
}
