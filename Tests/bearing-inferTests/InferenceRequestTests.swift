import StrictJSON
import Testing

@testable import bearing_infer

/// A model that does not exist, to try what ours has not: several inputs, open dimensions.
private let inputs = [
    TensorSpec(name: "x", datatype: .int32, shape: [-1, 2]),
    TensorSpec(name: "flag", datatype: .bool, shape: []),
]
private let outputs = ["p", "q"].map { TensorSpec(name: $0, datatype: .fp32, shape: [1]) }

private let flag = #"{"name":"flag","shape":[],"datatype":"BOOL","data":[true]}"#

private func read(_ text: String) throws -> InferenceRequest {
    let json = try JSONReader.read(Array(text.utf8), limits: JSONLimits(bytes: 1 << 16))
    return try InferenceRequest(json: json, inputs: inputs, outputs: outputs)
}

private func x(_ shape: String, _ data: String, type: String = "INT32") -> String {
    #"{"inputs":[\#(flag),{"name":"x","shape":\#(shape),"datatype":"\#(type)","data":\#(data)}]}"#
}

private let refusals: [(String, String)] = [
    ("[]", "“request” is an array; an object was expected."),
    ("{}", "“request.inputs” is missing; an array was expected."),
    (#"{"inputs":{}}"#, "“request.inputs” is an object; an array was expected."),
    (#"{"inputs":[1]}"#, "“request.inputs[0]” is a number; an object was expected."),
    (#"{"inputs":[{}]}"#, "“request.inputs[0].name” is missing; a string was expected."),
    (
        #"{"inputs":[{"name":"y"}]}"#,
        "“request.inputs[0].name” is “y”; the model has “x”, “flag”."
    ),
    (
        #"{"inputs":[\#(flag)]}"#,
        "The input “x” is missing; expected INT32 of shape [-1, 2]."
    ),
    (#"{"inputs":[\#(flag),\#(flag)]}"#, "“flag” stands twice in “request.inputs”."),
    (
        #"{"inputs":[\#(flag),\#(flag),\#(flag)]}"#,
        "“request.inputs” has 3 elements; at most 2 are accepted."
    ),
    (#"{"id":1,"inputs":[]}"#, "“request.id” is a number; a string was expected."),
    (
        #"{"parameters":[],"inputs":[]}"#,
        "“request.parameters” is an array; an object was expected."
    ),
    (
        x("[1,2]", "[1,2]", type: "FP32"),
        "The input “x” has the datatype “FP32”; the model takes INT32."
    ),
    (
        x("[2]", "[1,2]"),
        "The input “x” has the shape [2]; the model takes [-1, 2], where −1 is any size from 1."
    ),
    (
        x("[0,2]", "[]"),
        "The input “x” has the shape [0, 2]; the model takes [-1, 2], where −1 is any size "
            + "from 1."
    ),
    (
        x("[-1,2]", "[1,2]"),
        "The input “x” has the shape [-1, 2]; the model takes [-1, 2], where −1 is any size "
            + "from 1."
    ),
    (
        x("[9223372036854775807,2]", "[1,2]"),
        "The input “x” has the shape [9223372036854775807, 2]; the model takes [-1, 2], where "
            + "−1 is any size from 1."
    ),
    (x("[1.5,2]", "[1]"), "“request.inputs[1].shape” holds 1.5; integers were expected."),
    (x("2", "[1]"), "“request.inputs[1].shape” is a number; an array was expected."),
    (x("[1,2]", "7"), "“request.inputs[1].data” is a number; an array was expected."),
    (
        x("[1,2]", "[1]"),
        "“request.inputs[1].data” has 1 elements; the shape [1, 2] takes 2."
    ),
    (
        x("[1,2]", "[1,2,3]"),
        "“request.inputs[1].data” has 3 elements; the shape [1, 2] takes 2."
    ),
    (
        x("[1000000000,2]", "[1]"),
        "“request.inputs[1].data” has 1 elements; the shape [1000000000, 2] takes 2000000000."
    ),
    (
        x("[2,2]", "[[1,2]]"),
        "“request.inputs[1].data” has 1 elements; the shape [2, 2] takes 2 there."
    ),
    (
        x("[2,2]", "[[1,2],[3]]"),
        "“request.inputs[1].data[1]” has 1 elements; the shape [2, 2] takes 2 there."
    ),
    (
        x("[2,2]", "[[1,2],3]"),
        "“request.inputs[1].data[1]” is a number; an array was expected."
    ),
    (
        x("[1,2]", "[1,[2]]"),
        "“request.inputs[1].data[1]” is an array; an integer within INT32’s range was expected."
    ),
    (
        x("[1,2]", "[[[1],2]]"),
        "“request.inputs[1].data[0][0]” is an array; an integer within INT32’s range was "
            + "expected."
    ),
    (
        x("[1,2]", "[1,2147483648]"),
        "“request.inputs[1].data[1]” is 2147483648; an integer within INT32’s range was "
            + "expected."
    ),
]

@Suite struct InferenceRequestTests {
    @Test func `inputs in any order, flat or nested, are put into the model's order`() throws {
        let flat = try read(x("[2,2]", "[1,2,3,-4]"))
        #expect(flat.inputs.map(\.name) == ["x", "flag"])
        #expect(flat.inputs[0].shape == [2, 2])
        let numbers = (0..<4).map { Datatype.int32.element(of: flat.inputs[0].bytes, at: 4 * $0) }
        #expect(numbers == [1, 2, 3, -4].map { .integer($0) })
        #expect(try read(x("[2,2]", "[[1,2],[3,-4]]")) == flat)
        #expect(flat.outputs == [0, 1])
    }

    @Test func `id is kept, parameters and unknown members are ignored`() throws {
        let text = x("[1,2]", "[1,2]").dropLast()
        let request = try read(
            #"\#(text),"id":"a\n","parameters":{"k":1},"else":[],"outputs":[{"name":"q"}]}"#)
        #expect(request.id == "a\n")
        #expect(request.outputs == [1])
    }

    @Test(arguments: refusals)
    func `what does not fit is refused with what was found and expected`(
        text: String, message: String
    ) throws {
        let refusal = #expect(throws: ProtocolError.self) { try read(text) }
        #expect(refusal == .badRequest(message))
    }

    @Test(arguments: [
        (
            #"[{"name":"r"}]"#,
            "“request.outputs[0].name” is “r”; the model has “p”, “q”."
        ),
        (#"[{"name":"p"},{"name":"p"}]"#, "“p” stands twice in “request.outputs”."),
        ("[]", "“request.outputs” is empty; leave it out to get every output."),
        ("7", "“request.outputs” is a number; an array was expected."),
    ])
    func `outputs that the model does not have are refused`(text: String, message: String) {
        let refusal = #expect(throws: ProtocolError.self) {
            try read(x("[1,2]", "[1,2]").dropLast() + #","outputs":\#(text)}"#)
        }
        #expect(refusal == .badRequest(message))
    }

    @Test func `mutated requests are read or refused, never trapped on`() {
        let seed = Array(x("[2,2]", "[[1,2],[3,-4]]").utf8)
        var random = SystemRandomNumberGenerator()
        for round in 0..<20_000 {
            var bytes = seed
            for _ in 0..<(round % 3 + 1) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch round % 4 {
                case 0: bytes.remove(at: at)
                case 1: bytes.insert(bytes[(at * 7) % bytes.count], at: at)
                case 2: bytes[at] = bytes.randomElement(using: &random) ?? 0
                default: bytes[at] = UInt8(ascii: "0123456789-[]{},:e.".randomElement() ?? "0")
                }
            }
            let json = try? JSONReader.read(bytes, limits: JSONLimits(bytes: 1 << 16))
            guard let json else { continue }
            _ = try? InferenceRequest(json: json, inputs: inputs, outputs: outputs)
        }
    }
}

extension UInt8 {
    fileprivate init(ascii character: Character) { self = character.asciiValue ?? 0 }
}
