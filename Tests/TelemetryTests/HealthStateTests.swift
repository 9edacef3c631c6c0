import Faults
import StrictJSON
import Testing

@testable import Telemetry

@Suite struct HealthStateTests {
    private static let edges = [0.5, 0.9]

    /// A page that has counted so many predictions since its start.
    private func page(
        _ samples: UInt64, started: Double = 1000, high: UInt64? = nil
    ) -> ModelReading {
        var page = ModelReading()
        page.started = started
        page.model = "bearing"
        page.digest = "ab"
        page.latency = Double(samples) / 1000
        let high = high ?? samples / 2
        page.counts.predictions = ["a": samples - high, "b": high]
        page.counts.inferences = samples
        page.counts.confidence = IntervalCounts(
            Self.edges, ["a": [0, 0, samples - high], "b": [0, high, 0]])
        return page
    }

    private var reference: ModelReference {
        var limits = DriftLimits()
        limits.samples = 100
        return ModelReference(page(1000).counts, digest: "ab", limits: limits)
    }

    private func state() -> HealthState {
        HealthState(tree: "t", reference.limits, at: 1_000_000)
    }

    private let rule = HealthState.WindowRule(samples: 100, least: 60, longest: 1000)

    @Test func `what was counted before the first look belongs to nobody`() {
        var state = state()
        state.take(page(5000), at: 1_000_010)
        #expect(state.totals.samples == 0 && state.window.samples == 0)
        state.take(page(5060), at: 1_000_020)
        #expect(state.totals.samples == 60 && state.window.samples == 60)
        #expect(state.latency.map { abs($0 - 0.001) < 1e-9 } == true)
    }

    @Test func `a restart of the application loses nothing and counts nothing twice`() {
        var state = state()
        state.take(page(0), at: 1)
        state.take(page(40), at: 2)
        state.take(page(25, started: 2000), at: 3)
        state.take(page(30, started: 2000), at: 4)
        #expect(state.totals.samples == 70)
        // Without a time of its start it is seen by the counts that fell.
        state.take(page(10, started: 2000), at: 5)
        #expect(state.totals.samples == 80)
    }

    @Test func `a window ends once it is full and old enough`() {
        var state = state()
        state.take(page(0), at: 1_000_000)
        state.take(page(150), at: 1_000_030)
        let early = state.closeWindow(rule, against: reference, at: 1_000_030)
        #expect(!early && state.past.isEmpty)
        let ended = state.closeWindow(rule, against: reference, at: 1_000_060)
        #expect(ended && state.past.count == 1 && state.window.samples == 0)
        #expect(state.windowBegan == 1_000_060)
    }

    @Test func `a window that never fills ends all the same, and says nothing`() {
        var state = state()
        state.take(page(0), at: 1_000_000)
        state.take(page(99), at: 1_000_900)
        let ended = state.closeWindow(rule, against: reference, at: 1_001_000)
        #expect(ended)
        #expect(state.verdict == .undecided(samples: 0, needed: 100))
    }

    @Test func `a clock that was set back does not hold a window open`() {
        var state = state()
        state.take(page(0), at: 1_000_000)
        state.take(page(10), at: 500)
        let ended = state.closeWindow(rule, against: reference, at: 500)
        #expect(ended && state.windowBegan == 500)
        #expect(state.began == 500, "since a moment that is still to come")
    }

    @Test func `full windows become the verdict, and no more than 48 are kept`() {
        var state = state()
        var counted: UInt64 = 0
        var now: Int64 = 1_000_000
        state.take(page(0), at: now)
        for _ in 0..<60 {
            counted += 200
            now += 60
            state.take(page(counted), at: now)
            state.closeWindow(rule, against: reference, at: now)
        }
        #expect(state.verdict == .good)
        #expect(state.past.count == HealthState.mostPast)
        #expect(state.totals.samples == 12_000)
    }

    @Test func `what is kept is read as it was written`() throws {
        var state = state()
        state.take(page(0), at: 1_000_000)
        for step in 1...5 {
            let now = 1_000_000 + Int64(step) * 60
            state.take(page(UInt64(step) * 150, high: UInt64(step)), at: now)
            state.closeWindow(rule, against: reference, at: now)
        }
        state.miss("nobody answers", at: 1_000_400)
        let kept = try HealthState(reading: state.json.compact, reference.limits)
        #expect(kept == state)
        #expect(kept.verdict?.name == "shifted" || kept.verdict?.name == "worse")
    }

    @Test func `a file that was cut, or holds something else, is refused`() throws {
        var state = state()
        state.take(page(0), at: 1)
        state.take(page(100), at: 2)
        let bytes = state.json.compact
        for cut in stride(from: 0, to: bytes.count, by: 7) {
            #expect(throws: Fault.self) {
                try HealthState(reading: Array(bytes[..<cut]), reference.limits)
            }
        }
        let negative = String(decoding: bytes, as: UTF8.self)
            .replacing("\"inferences\":100", with: "\"inferences\":-1")
        #expect(throws: Fault.self) {
            try HealthState(reading: Array(negative.utf8), reference.limits)
        }
    }

    @Test func `the size of what is kept does not grow with the predictions`() {
        var state = state()
        state.take(page(0), at: 1_000_000)
        var sizes: [Int] = []
        for window in 1...200 {
            let now = 1_000_000 + Int64(window) * 60
            state.take(page(UInt64(window) * 100_000), at: now)
            state.closeWindow(rule, against: reference, at: now)
            sizes.append(state.json.compact.count)
        }
        #expect(state.totals.samples == 20_000_000)
        // The digits of the totals alone.
        #expect(sizes[199] - sizes[60] < 100)
    }

    @Test func `a window whose classes are too thin to be compared goes on until they are not`() {
        var state = state()
        state.take(page(0), at: 1_000_000)
        // 104 predictions, 4 of one class and 100 of the other, which has most; then 40 of each.
        state.take(page(80), at: 1_000_100)
        state.take(page(104, high: 52), at: 1_000_200)
        let full = state.closeWindow(rule, against: reference, at: 1_000_200)
        #expect(full, "52 in each class can be compared")
        state.take(page(204, high: 96), at: 1_000_300)
        var thin = reference
        thin.counts.confidence?.groups = ["a": [0, 0, 49], "b": [0, 49, 0]]
        let early = state.closeWindow(rule, against: thin, at: 1_000_300)
        #expect(!early && state.window.samples == 100)
        #expect(state.verdict?.name == "undecided")
        #expect(state.wait?.contains("to compare confidence") == true)
    }

    @Test(arguments: ["other intervals", "no histogram", "other classes"])
    func `what the reference has and the page has not is no good verdict`(kind: String) {
        var state = state()
        var now: Int64 = 1_000_000
        for step in UInt64(0)...6 {
            var page = page(step * 200)
            switch kind {
            case "other intervals": page.counts.confidence?.edges = [0.5, 0.901]
            case "no histogram": page.counts.confidence = nil
            default:
                page.counts.predictions = ["x": step * 100, "y": step * 100]
                page.counts.confidence?.groups = [
                    "x": [0, 0, step * 100], "y": [0, step * 100, 0],
                ]
            }
            now += 100
            state.take(page, at: now)
            state.closeWindow(rule, against: reference, at: now)
        }
        #expect(state.verdict?.name == "undecided")
        #expect(state.missing == ["confidence"])
    }

    @Test func `a program whose inferences all fail is worse, though it predicts nothing`() {
        var state = state()
        var now: Int64 = 1_000_000
        for step in UInt64(0)...3 {
            var page = page(0)
            page.counts.errors = step * 100
            now += 100
            state.take(page, at: now)
            state.closeWindow(rule, against: reference, at: now)
        }
        guard case .worse(let reasons)? = state.verdict else {
            Issue.record("\(String(describing: state.verdict))")
            return
        }
        #expect(reasons.first?.contains("100.00 % of inferences failed") == true)
    }

    @Test func `what is kept can be read, whatever the page counts`() throws {
        var state = state()
        state.take(page(0), at: 1)
        for step in UInt64(1)...30 {
            var page = page(step * 200)
            // Twice as many constant inputs as predictions, and new classes at each look.
            page.counts.constantInputs = step * 400
            for number in 0..<100 { page.counts.predictions["class \(step) \(number)"] = step }
            state.take(page, at: Int64(step) * 100)
            state.closeWindow(rule, against: reference, at: Int64(step) * 100)
            let kept = try HealthState(reading: state.json.compact, reference.limits)
            #expect(kept.totals == state.totals)
        }
        #expect(state.problem.contains("more than 1000 classes"))
    }
}
