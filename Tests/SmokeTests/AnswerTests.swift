import Bundle
import DurableFiles
import Faults
import StrictJSON
import TestKit
import Testing

@testable import Smoke

private func output(
    _ values: [Double], name: String = "y", shape: [Int]? = nil, datatype: String = "FP32"
) -> OpenInference.Output {
    OpenInference.Output(
        name: name, shape: shape ?? [values.count], datatype: datatype, values: values)
}

/// Compares answers with a golden case of these outputs.
private func compare(
    _ answer: [OpenInference.Output], _ golden: [[UInt8]],
    absolute: Double = 0.1, relative: Double = 0
) throws -> CaseReport {
    try withScratch { scratch in
        let place = try scratch.make("set")
        try place.replace("input_0.pb", with: ProtobufMaker.floats("x", shape: [], [1]))
        for (number, bytes) in golden.enumerated() {
            try place.replace("output_\(number).pb", with: bytes)
        }
        return CaseReport.compare(
            answer, with: try GoldenCase("set", in: scratch),
            SmokeTolerance(absolute: absolute, relative: relative))
    }
}

@Suite struct AnswerTests {
    @Test func `a request is what the protocol says, with exact numbers`() throws {
        let inputs = [
            try TensorProto.read(
                ProtobufMaker.floats("a\"b", shape: [1, 3], [0.1, -Float.zero, 1e-7]).span),
            try TensorProto.read(
                ProtobufMaker.tensor("flags", type: 9, shape: [2], raw: [0, 1]).span),
        ]
        let text = String(decoding: try OpenInference.request(inputs), as: UTF8.self)
        let first =
            #"{"name":"a\"b","shape":[1,3],"datatype":"FP32","data":[0.1,-0.0,1e-07]}"#
        let second = #"{"name":"flags","shape":[2],"datatype":"BOOL","data":[false,true]}"#
        #expect(text == "{\"inputs\":[\(first),\(second)]}")
        #expect(throws: Never.self) {
            try JSONReader.read(Array(text.utf8), limits: JSONLimits(bytes: 1000))
        }
    }

    @Test func `answers of the wrong form are refused and never trap`() {
        let whole = #"{"outputs":[{"name":"y","datatype":"FP32","shape":[2],"data":[1,null]}]}"#
        let good = try? OpenInference.outputs(Array(whole.utf8), elements: 2)
        #expect(good?.first?.values.first == 1 && good?.first?.values.last?.isNaN == true)
        for text in [
            "", "{}", "[]", #"{"outputs":{}}"#, #"{"outputs":[1]}"#,
            #"{"outputs":[{"name":"y","datatype":"FP32","shape":[-1],"data":[]}]}"#,
            #"{"outputs":[{"name":"y","datatype":"FP32","shape":[1.5],"data":[]}]}"#,
            #"{"outputs":[{"name":"y","datatype":"FP32","shape":[1],"data":["1"]}]}"#,
            #"{"outputs":[{"name":"y","datatype":"FP32","shape":[3],"data":[[1,2],[3]]}]}"#,
            #"{"outputs":[{"name":1,"datatype":"FP32","shape":[1],"data":[1]}]}"#,
        ] {
            #expect(throws: Fault.self) {
                try OpenInference.outputs(Array(text.utf8), elements: 2)
            }
        }
        for index in whole.utf8.indices {
            #expect(throws: Fault.self) {
                try OpenInference.outputs(Array(whole.utf8[..<index]), elements: 2)
            }
        }
    }

    @Test func `the tolerance is numpy's: at its edge passes, beyond fails`() throws {
        let golden = [ProtobufMaker.floats("y", shape: [2], [4, 0])]
        let edge = try compare([output([4.5, 0.25])], golden, absolute: 0.25, relative: 0.0625)
        #expect(edge.passed && edge.worstAbsolute == 0.5 && edge.worstRelative == 0.125)
        let beyond = try compare([output([4.5, 0.26])], golden, absolute: 0.25, relative: 0.0625)
        #expect(!beyond.passed && beyond.outside == 1)
    }

    @Test func `not a number is never within any tolerance`() throws {
        let golden = [ProtobufMaker.floats("y", shape: [2], [1, 2])]
        for bad in [Double.nan, .infinity, -.infinity] {
            let report = try compare([output([bad, 2])], golden, absolute: 1e30)
            #expect(!report.passed && report.outside == 1)
        }
        let report = try compare([output([.nan, .nan])], golden)
        #expect(!report.top1 && report.worstAbsolute.isNaN)
        #expect(report.json["worstAbsolute"] == .null)
    }

    @Test func `outputs are matched by name, by place where names differ`() throws {
        let golden = [
            ProtobufMaker.floats("a", shape: [1], [1]), ProtobufMaker.floats("b", shape: [1], [2]),
        ]
        #expect(try compare([output([2], name: "b"), output([1], name: "a")], golden).passed)
        #expect(try compare([output([1], name: "p"), output([2], name: "q")], golden).passed)
        let missing = try compare([output([1], name: "a")], golden)
        #expect(missing.problem == "the output “b” is missing from the answer")
    }

    @Test func `the highest class is compared in every row`() throws {
        let golden = [ProtobufMaker.floats("y", shape: [2, 2], [0, 1, 1, 0])]
        let shape = [2, 2]
        #expect(try compare([output([0, 1, 1, 0], shape: shape)], golden).top1)
        #expect(try !compare([output([0, 1, 0, 1], shape: shape)], golden, absolute: 9).top1)
        let labels = ProtobufMaker.tensor("label", type: 7, shape: [1], raw: littleEndian(Int64(3)))
        let label = output([3], name: "label", datatype: "INT64")
        #expect(try compare([label], [labels]).top1)
        #expect(try !compare([output([4], name: "label", datatype: "INT64")], [labels]).top1)
    }

    @Test func `percentiles are by nearest rank`() {
        let specification = SmokeLatency(limit: 95, runs: 100)
        let report = LatencyReport((1...100).map { $0 * 1000 }, specification)
        #expect(report.p50 == 50 && report.p95 == 95 && report.p99 == 99 && report.slowest == 100)
        #expect(report.over == 5 && report.allowedOver == 0 && !report.passed)
        let one = LatencyReport([7_400], SmokeLatency(limit: 95, runs: 1))
        #expect(one.p50 == 7 && one.p99 == 7 && one.over == 0)
    }
}
