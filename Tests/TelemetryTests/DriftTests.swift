import Faults
import StrictJSON
import TestKit
import Testing

@testable import Telemetry

@Suite struct DriftTests {
    private static let feature = ModelCounts.Feature("signal", "rms")
    private static let edges = [1.0, 2, 3, 4, 5, 6, 7, 8, 9]

    /// Predictions of two classes with inputs drawn from one interval after another, as told.
    private func counts(
        _ samples: Int, mix: Double = 0.5, scale: Double = 1, constant: Int = 0, errors: Int = 0,
        seed: UInt64 = 1
    ) -> ModelCounts {
        var random = SeededGenerator(seed: seed)
        var counts = ModelCounts()
        counts.confidence = IntervalCounts([0.5, 0.9], ["a": [0, 0, 0], "b": [0, 0, 0]])
        var inputs = IntervalCounts(Self.edges)
        for name in ["a", "b"] { inputs.groups[name] = [UInt64](repeating: 0, count: 10) }
        for _ in 0..<samples {
            let name = Double.random(in: 0..<1, using: &random) < mix ? "a" : "b"
            counts.predictions[name, default: 0] += 1
            counts.confidence?.groups[name]?[Int.random(in: 0..<3, using: &random)] += 1
            // Class b has larger inputs, so that the inputs' own distribution shifts with the mix.
            let base = name == "a" ? 0.0..<6 : 4.0..<10
            let value = Double.random(in: base, using: &random) * scale
            inputs.groups[name]?[Self.edges.firstIndex { value <= $0 } ?? 9] += 1
        }
        counts.inputs[Self.feature] = inputs
        counts.inferences = UInt64(samples)
        counts.constantInputs = UInt64(constant)
        counts.errors = UInt64(errors)
        return counts
    }

    private func figures(_ counts: ModelCounts) -> DriftFigures {
        DriftFigures(counts, against: self.counts(2000, seed: 99))
    }

    private func verdict(_ counts: ModelCounts, windows: Int = 2) -> DriftVerdict {
        var judge = DriftJudge(DriftLimits())
        for _ in 0..<windows { _ = judge.take(figures(counts)) }
        return judge.verdict
    }

    @Test func `the index of known shares is the known one`() {
        // (0.2 − 0.5) · ln 0.4 + (0.8 − 0.5) · ln 1.6
        #expect(abs(StabilityIndex.of([20, 80], against: [50, 50]) - 0.415_888) < 1e-6)
        #expect(StabilityIndex.of([5, 5], against: [500, 500]) == 0)
        #expect(StabilityIndex.of([0, 10], against: [10, 0]) > 18)
        #expect(StabilityIndex.of([0, 0], against: [10, 0]) == 0)
    }

    @Test(arguments: 2..<42 as Range<UInt64>)
    func `what did not change is good, whatever the samples`(seed: UInt64) {
        #expect(verdict(counts(500, seed: seed)) == .good)
    }

    @Test func `inputs that grew are worse, with the numbers that decided`() {
        guard case .worse(let reasons) = verdict(counts(1000, scale: 1.5)) else {
            Issue.record("it is not worse")
            return
        }
        #expect(reasons.count == 1)
        #expect(reasons[0].hasPrefix("rms of input “signal” lies "))
        #expect(reasons[0].hasSuffix("from its reference, and 0.25 is allowed"))
    }

    @Test func `a mix that shifts is told from inputs that changed`() {
        let shifted = counts(1000, mix: 0.9)
        // Without the classes the inputs would look as if they had changed.
        func whole(_ counts: ModelCounts) -> [UInt64] {
            counts.inputs[Self.feature]?.groups.values.reduce([UInt64](repeating: 0, count: 10)) {
                zip($0, $1).map { $0 + $1 }
            } ?? []
        }
        #expect(StabilityIndex.of(whole(shifted), against: whole(counts(2000, seed: 99))) > 0.25)
        guard case .shifted(let mix) = verdict(shifted) else {
            Issue.record("it is \(verdict(shifted))")
            return
        }
        #expect(mix > 0.25)
    }

    @Test func `a dead sensor and failing inferences are worse`() {
        guard case .worse(let dead) = verdict(counts(600, constant: 60)),
            case .worse(let failing) = verdict(counts(600, errors: 60))
        else {
            Issue.record("they are not worse")
            return
        }
        #expect(dead == ["10.00 % of inputs do not change, and 5.00 % are allowed"])
        #expect(failing == ["9.09 % of inferences failed, and 5.00 % are allowed"])
    }

    @Test func `too few samples decide nothing, however far off they are`() {
        #expect(verdict(counts(499, scale: 5)) == .undecided(samples: 499, needed: 500))
    }

    @Test func `one window alone decides nothing`() {
        var judge = DriftJudge(DriftLimits())
        #expect(
            judge.take(figures(counts(1000, scale: 1.5))) == .undecided(samples: 0, needed: 500))
        #expect(judge.take(figures(counts(1000))) == .undecided(samples: 0, needed: 500))
        #expect(judge.take(figures(counts(1000))) == .good)
        #expect(judge.take(figures(counts(1000, scale: 1.5))) == .good)
        #expect(judge.take(figures(counts(10, scale: 1.5))) == .good)
        #expect(judge.take(figures(counts(1000, scale: 1.5))) != .good)
    }

    @Test func `what was worse is well again only below the lower bound`() {
        var limits = DriftLimits()
        limits.windows = 1
        var judge = DriftJudge(limits)
        var figures = figures(counts(1000))
        for (index, isWorse) in [
            (0.2, false), (0.3, true), (0.2, true), (0.14, false), (0.2, false),
        ] {
            figures.inputs = [Self.feature: index]
            let verdict = judge.take(figures)
            if case .worse = verdict { #expect(isWorse) } else { #expect(!isWorse) }
        }
    }

    @Test func `limits are read with their defaults, and written as they are read`() throws {
        func read(_ text: String) throws -> DriftLimits {
            let json = try JSONReader.read(Array(text.utf8), limits: JSONLimits(bytes: 4096))
            return try DriftLimits(try JSONFields(json, path: "drift"))
        }
        #expect(try read("{}") == DriftLimits())
        let own = try read(#"{"samples":100,"index":0.5,"recovery":0.1,"windows":3}"#)
        #expect((own.samples, own.index, own.recovery, own.windows) == (100, 0.5, 0.1, 3))
        #expect(try read(String(decoding: own.json.compact, as: UTF8.self)) == own)
        for text in [
            #"{"samples":0}"#, #"{"index":0.1}"#, #"{"errorShare":2}"#, #"{"windows":0}"#,
            #"{"index":"much"}"#,
        ] {
            #expect(throws: Fault.self) { try read(text) }
        }
    }
}
