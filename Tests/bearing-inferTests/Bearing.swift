import Faults
import Glibc
import StrictJSON

@testable import bearing_infer

/// What scripts/make-model made.
enum Bearing {
    static let directory: String = {
        if let path = unsafe getenv("NACELLE_BEARING_DIR") { return unsafe String(cString: path) }
        // …/Tests/bearing-inferTests/Bearing.swift
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/") + "/.build/bearing"
    }()

    static let runtime = directory + "/runtime/libonnxruntime.so"
    static let model = directory + "/1.0.0/bearing.onnx"

    /// A golden case: what goes in, and what the model answered when it was made.
    struct Case {
        let input: [Float]
        let output: [Float]

        init(_ number: Int, release: String = "1.0.0") throws {
            let folder = "\(directory)/\(release)/smoke/test_data_set_\(number)"
            input = try TensorProto(bytes: read("\(folder)/input_0.pb")).floats()
            output = try TensorProto(bytes: read("\(folder)/output_0.pb")).floats()
        }

        /// The body of an inference request.
        func request(id: String? = nil) -> [UInt8] {
            JSONValue.members([
                ("id", id.map { .string($0) }),
                (
                    "inputs",
                    .array([
                        .members([
                            ("name", .string("signal")), ("datatype", .string("FP32")),
                            ("shape", .array([.integer(1), .integer(input.count)])),
                            ("data", .array(input.map { .number("\($0)") })),
                        ])
                    ])
                ),
            ]).compact
        }

        /// How far an inference's response lies from the golden output, at most.
        func error(of response: [UInt8]) throws -> Float {
            let answer = try probabilities(response)
            guard answer.count == output.count else { return .infinity }
            return zip(answer, output).map { abs($0 - $1) }.max() ?? .infinity
        }
    }

    /// Room for another processor's rounding; docs/bearing-example.md says how it was chosen.
    static let tolerance: Float = 0.02

    static func loadModel() throws -> Model {
        try require()
        return try Model(name: "bearing", path: model, runtime: runtime, threads: 1)
    }

    static func probabilities(_ response: [UInt8]) throws -> [Float] {
        let json = try JSONReader.read(response, limits: JSONLimits(bytes: 1 << 20))
        guard case .array(let outputs)? = json["outputs"],
            case .array(let data)? = outputs[0]["data"]
        else { throw Fault(.malformed, "No output in \(json.compactText)") }
        return data.compactMap { if case .number(let text) = $0 { Float(text) } else { nil } }
    }

    /// Fails where the model was not made; a test that skipped would prove nothing.
    static func require() throws {
        for file in [runtime, model] where unsafe access(file, R_OK) != 0 {
            throw Fault(
                .notFound, "\(file) is missing.",
                advice: "Run scripts/make-model, or set NACELLE_BEARING_DIR to what it made.")
        }
    }

    static func read(_ path: String) throws -> [UInt8] {
        try require()
        guard let file = unsafe fopen(path, "rb") else { throw Fault(.notFound, path) }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }
}
