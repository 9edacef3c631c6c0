internal import Building
internal import Console
internal import StrictJSON

/// A reference that was made, in words and as a part of an event.
struct ReferenceWords {
    private let report: ReferenceReport

    init(_ report: ReferenceReport) { self.report = report }

    var lines: [String] {
        var lines = report.summary.lines
        if !report.summary.model.isEmpty { lines.append("model \(report.summary.model)") }
        if let inferences = report.inferences, let duration = report.duration {
            lines.append(
                ByteCount.things(inferences, "inference") + " asked for in \(duration) ms")
        }
        return lines
    }

    /// Says which classes were predicted never, or too seldom, and what a machine cannot tell by it.
    func warn(_ console: Console) {
        let summary = report.summary
        if !summary.neverPredicted.isEmpty {
            console.warn(
                "the validation inputs never led to \(list(summary.neverPredicted)): a machine that "
                    + "sees that has nothing to compare it with")
        }
        if !summary.seldomPredicted.isEmpty {
            console.warn(
                "too few validation inputs led to \(list(summary.seldomPredicted)): within a class "
                    + "at least 50 are compared")
        }
        for words in summary.unsaid { console.warn(words) }
    }

    private func list(_ names: [String]) -> String {
        names.prefix(20).joined(separator: ", ")
            + (names.count > 20 ? " and \(names.count - 20) more" : "")
    }

    var json: JSONValue {
        let summary = report.summary
        return .members([
            ("predictions", .integer(summary.predictions)),
            (
                "classes",
                .array(
                    summary.classes.map {
                        .members([("class", .string($0.name)), ("count", .integer($0.count))])
                    })
            ),
            ("neverPredicted", .array(summary.neverPredicted.map { .string($0) })),
            ("seldomPredicted", .array(summary.seldomPredicted.map { .string($0) })),
            ("unsaid", .array(summary.unsaid.map { .string($0) })),
            ("medianConfidence", summary.medianConfidence.map { .real($0) }),
            ("model", summary.model.isEmpty ? nil : .string(summary.model)),
            ("inferences", report.inferences.map { .integer($0) }),
            ("milliseconds", report.duration.map { .integer($0) }),
        ])
    }
}
