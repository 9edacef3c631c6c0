import Archive
import Faults

@testable import Smoke

/// Golden cases, and what the smoke run's program answers.
enum SmokeTargets {
    static let all = [
        FuzzTarget("tensor", "a golden case's tensor, an ONNX TensorProto", read: tensor),
        FuzzTarget("inference-answer", "the smoke run's answer", read: answer),
    ]

    private static func tensor(_ input: [UInt8]) throws {
        let tensor = try TensorProto.read(input.span)
        try hold(tensor.shape.reduce(1, *) == tensor.count, "its shape and its elements differ")
        try hold(tensor.bytes.count == tensor.count * tensor.type.width, "half an element")
        var written: [UInt8] = []
        for index in 0..<min(tensor.count, 64) {
            _ = tensor.value(index)
            tensor.write(index, into: &written)
        }
        let isFinite = tensor.firstNonFinite == nil
        guard isFinite, tensor.count <= 4096 else { return }
        // What is asked must be JSON, and the same numbers must come back as they went.
        let request = try OpenInference.request([tensor])
        let echo = Array(String(decoding: request, as: UTF8.self).utf8)
        let asOutputs = Array(#"{"outputs"#.utf8) + echo.dropFirst(#"{"inputs"#.utf8.count)
        let outputs = try again("the request") {
            try OpenInference.outputs(asOutputs, elements: 4096)
        }
        try hold(outputs.count == 1 && outputs[0].values.count == tensor.count, "elements lost")
        for (index, value) in outputs[0].values.enumerated() {
            // A short float has a short text, which is another number among the long ones.
            let went = tensor.value(index)
            try hold(
                tensor.type == .float64 || !tensor.type.isReal
                    ? value == went : Float(value) == Float(went),
                "element \(index) came back as \(value)")
        }
    }

    private static func answer(_ input: [UInt8]) throws {
        let words = OpenInference.refusalText(input)
        try hold(words.unicodeScalars.allSatisfy { $0.value >= 0x20 }, "control characters")
        let outputs = try OpenInference.outputs(input, elements: 256)
        for output in outputs {
            try hold(output.values.count <= 256, "\(output.values.count) numbers")
            try hold(output.shape.count <= 16, "\(output.shape.count) dimensions")
        }
    }
}
