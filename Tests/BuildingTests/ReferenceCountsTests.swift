import Faults
import StrictJSON
import Telemetry
import Testing

@testable import Building

/// What fits into a manifest, without a run.
@Suite struct ReferenceCountsTests {
    /// A reference with as many values everywhere as there are classes and intervals.
    private func reference(classes: Int, intervals: Int, features: Int) -> ModelReference {
        let names = (0..<classes).map { "fault number \($0)" }
        let edges = (1..<intervals).map { Double($0) / 7 }
        let counts = IntervalCounts(
            edges,
            Dictionary(
                uniqueKeysWithValues: names.map {
                    ($0, [UInt64](repeating: 123_456, count: intervals))
                }))
        var all = ModelCounts()
        for name in names { all.predictions[name] = 123_456 * UInt64(intervals) }
        all.confidence = counts
        for number in 0..<features { all.inputs[.init("signal \(number)", "rms")] = counts }
        return ModelReference(all, digest: String(repeating: "a", count: 64))
    }

    @Test(arguments: [(4, 10, 2), (20, 10, 2), (20, 10, 32), (1000, 1, 0)])
    func `what applications count fits`(classes: Int, intervals: Int, features: Int) throws {
        let reference = reference(classes: classes, intervals: intervals, features: features)
        try ReferenceCounts.checkUse(reference)
        #expect(reference.json.compact.count < ReferenceCounts.limit)
    }

    @Test func `more than a manifest has room for is refused with both numbers`() throws {
        let fault = #expect(throws: Fault.self) {
            try ReferenceCounts.checkUse(reference(classes: 20, intervals: 101, features: 32))
        }
        #expect(fault?.code == .source)
        #expect(fault?.message.contains("a manifest has room for 262144") == true)
    }

    @Test func `classes that are too rare to be compared are named where they are counted apart`() {
        var reference = reference(classes: 2, intervals: 2, features: 0)
        reference.counts.predictions = ["never": 0, "rare": 49, "often": 50]
        let split = ReferenceSummary(reference)
        #expect(split.neverPredicted == ["never"])
        #expect(split.seldomPredicted == ["rare"])
        reference.counts.confidence = IntervalCounts([0.5], [IntervalCounts.whole: [50, 49]])
        #expect(ReferenceSummary(reference).seldomPredicted.isEmpty)
    }

    @Test func `a reference that leaves something unsaid on machines says so`() {
        var reference = reference(classes: 20, intervals: 2, features: 1)
        reference.counts.predictions = Dictionary(
            uniqueKeysWithValues: (0..<20).map { ("class \($0)", 500) })
        reference.limits.samples = 800
        #expect(ReferenceSummary(reference).unsaid.first?.contains("800") == true)
        reference.limits.samples = 1000
        #expect(ReferenceSummary(reference).unsaid.isEmpty)
        reference.counts.confidence = nil
        reference.counts.inputs = [:]
        #expect(ReferenceSummary(reference).unsaid.first?.contains("neither") == true)
    }
}
