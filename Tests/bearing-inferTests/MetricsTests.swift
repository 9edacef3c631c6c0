import Faults
import Foundation
import Testing

@testable import bearing_infer

@Suite struct MetricsTests {
    private static let plan = """
        {"output": "probabilities", "classes": ["healthy", "inner_race", "outer_race", "ball"],
         "confidence": [0.5, 0.9],
         "inputs": [{"input": "signal", "statistic": "rms", "edges": [0.001, 1, 100]},
                    {"input": "signal", "statistic": "peak", "edges": [0.001, 1000]}]}
        """
    private let model: Model

    init() throws { model = try Bearing.loadModel() }

    private func plan(_ text: String) throws -> MetricsPlan {
        try MetricsPlan(Array(text.utf8), inputs: model.inputs, outputs: model.outputs)
    }

    /// The page's samples by name with labels.
    private func samples(_ routes: Routes) async throws -> [String: Double] {
        let answer = await routes.answer("GET", "/metrics", [])
        #expect(answer.status == 200)
        #expect(answer.type == "text/plain; version=0.0.4; charset=utf-8")
        var samples: [String: Double] = [:]
        for line in String(decoding: answer.body, as: UTF8.self).split(separator: "\n")
        where !line.hasPrefix("#") {
            let space = try #require(line.lastIndex(of: " "))
            samples[String(line[..<space])] = Double(line[line.index(after: space)...])
        }
        return samples
    }

    /// The sum over classes.
    private func sum(_ samples: [String: Double], _ start: String, _ end: String = "") -> Double {
        samples.filter { $0.key.hasPrefix(start) && $0.key.hasSuffix(end) }.values.reduce(0, +)
    }

    private func infer(_ routes: Routes, _ body: [UInt8]) async -> Int {
        await routes.answer("POST", "/v2/models/bearing/infer", body).status
    }

    @Test func `predictions, confidence and inputs are counted as they were answered`() async throws
    {
        let routes = Routes(model: model, plan: try plan(Self.plan), started: 5)
        var classes: [String: Double] = [:]
        var confident = 0.0
        for number in 0..<8 {
            let golden = try Bearing.Case(number)
            let answer = await routes.answer(
                "POST", "/v2/models/bearing/infer", golden.request())
            #expect(answer.status == 200)
            let answered = try Bearing.probabilities(answer.body)
            let highest = try #require(answered.indices.max { answered[$0] < answered[$1] })
            classes[["healthy", "inner_race", "outer_race", "ball"][highest], default: 0] += 1
            confident += answered[highest] <= 0.9 ? 1 : 0
        }
        let samples = try await samples(routes)
        for name in ["healthy", "inner_race", "outer_race", "ball"] {
            #expect(
                samples["inference_predictions_total{class=\"\(name)\"}"] == classes[name] ?? 0)
        }
        #expect(sum(samples, "inference_confidence_bucket{", #"le="0.9"}"#) == confident)
        #expect(sum(samples, "inference_confidence_bucket{", #"le="+Inf"}"#) == 8)
        for (name, count) in classes {
            #expect(samples[#"inference_confidence_count{class="\#(name)"}"#] == count)
        }
        #expect(samples["inference_latency_seconds_count"] == 8)
        let rms = #"inference_input_bucket{input="signal",statistic="rms""#
        #expect(sum(samples, rms, #"le="0.001"}"#) == 0)
        #expect(sum(samples, rms, #"le="+Inf"}"#) == 8)
        #expect(samples["inference_inputs_constant_total"] == 0)
        #expect(samples["inference_start_time_seconds"] == 5)
        #expect(
            samples.keys.contains {
                $0.hasPrefix(#"inference_info{model="bearing",version="1.0.0""#)
            })
    }

    @Test func `a dead sensor, a refused request and an output left out are seen`() async throws {
        let routes = Routes(model: model, plan: try plan(Self.plan))
        let zeros = [String](repeating: "0", count: 2048).joined(separator: ",")
        let dead =
            #"{"inputs":[{"name":"signal","datatype":"FP32","shape":[1,2048],"data":["#
            + zeros + "]}]}"
        #expect(await infer(routes, Array(dead.utf8)) == 200)
        #expect(await infer(routes, Array("{".utf8)) == 400)
        let samples = try await samples(routes)
        #expect(samples["inference_inputs_constant_total"] == 1)
        let peak = #"inference_input_bucket{input="signal",statistic="peak""#
        #expect(sum(samples, peak, #"le="0.001"}"#) == 1)
        #expect(samples["inference_requests_refused_total"] == 1)
        #expect(samples["inference_latency_seconds_count"] == 1)
        #expect(samples["inference_errors_total"] == 0)
    }

    @Test func `without a plan requests and times alone are counted`() async throws {
        let routes = Routes(model: model)
        #expect(await infer(routes, try Bearing.Case(0).request()) == 200)
        let samples = try await samples(routes)
        #expect(samples["inference_latency_seconds_count"] == 1)
        #expect(!samples.keys.contains { $0.hasPrefix("inference_predictions_total") })
    }

    @Test func `the digest is that of the model's file`() throws {
        // Of the three bytes “abc”: FIPS 180-2, appendix B.1.
        let file = FileManager.default.temporaryDirectory.appending(
            path: "bearing-infer-\(UUID()).txt")
        try Data("abc".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(
            try LocalFile.digest(file.path())
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(model.digest == (try LocalFile.digest(Bearing.model)))
    }

    @Test(arguments: [
        (#""probabilities""#, #""logits""#, "the model has “probabilities”"),
        (#", "ball"]"#, "]", "has 3 names"),
        (#""ball""#, #""healthy""#, "different names"),
        ("[0.5, 0.9]", "[0.9, 0.5]", "ascending numbers"),
        ("[0.5, 0.9]", "[]", "is empty"),
        (#""rms""#, #""median""#, "known are mean, rms, peak"),
        (
            #""input": "signal", "statistic": "rms""#, #""input": "noise", "statistic": "rms""#,
            "the model has not"
        ),
        ("{\"output\"", "[\"output\"", ""),
    ])
    func `a plan that does not fit the model is refused`(
        part: String, other: String, says: String
    ) throws {
        let altered = Self.plan.replacing(part, with: other, maxReplacements: 1)
        #expect(altered != Self.plan)
        let fault = #expect(throws: Fault.self) { try self.plan(altered) }
        #expect(fault?.message.contains(says) == true || says.isEmpty, "\(fault?.message ?? "")")
    }
}
