internal import Faults
internal import StrictJSON

/// The JSON of the Open Inference Protocol, version 2.
enum OpenInference {
    /// The most bytes of a request.
    static let requestLimit = 32 << 20
    /// The most bytes of an answer.
    static let answerLimit = 16 << 20

    /// Where readiness is asked for; the status decides.
    static let readyPath = "/v2/health/ready"

    /// Where a model is asked.
    static func inferPath(_ model: String) -> String { "/v2/models/\(model)/infer" }

    /// One output of an answer.
    struct Output {
        var name: String
        var shape: [Int]
        var datatype: String
        /// The elements in row-major order; `null` became NaN.
        var values: [Double]
    }

    /// The request for a case.
    ///
    /// - Throws: a `Fault` of code `malformed` where it would be too large.
    static func request(_ inputs: [Tensor]) throws(Fault) -> [UInt8] {
        var out = Array(#"{"inputs":["#.utf8)
        for (number, input) in inputs.enumerated() {
            if number > 0 { out.append(UInt8(ascii: ",")) }
            let head: JSONValue = .members([
                ("name", .string(input.name)),
                ("shape", .array(input.shape.map { .integer($0) })),
                ("datatype", .string(input.type.protocolName)),
            ])
            out.append(contentsOf: head.compact.dropLast())
            out.append(contentsOf: #","data":["#.utf8)
            for index in 0..<input.count {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                input.write(index, into: &out)
                guard out.count <= requestLimit else {
                    throw Fault(
                        .malformed,
                        "A case's inputs are more than \(requestLimit) bytes as JSON.",
                        advice: "Use a smaller golden case.")
                }
            }
            out.append(contentsOf: "]}".utf8)
        }
        out.append(contentsOf: "]}".utf8)
        return out
    }

    /// Reads an answer.
    ///
    /// - Parameters:
    ///   - body: the answer's body, not trusted.
    ///   - elements: how many numbers all outputs together may have.
    /// - Returns: the outputs in their order.
    /// - Throws: a `Fault` of code `malformed`.
    static func outputs(_ body: [UInt8], elements: Int) throws(Fault) -> [Output] {
        let value = try JSONReader.read(
            body, limits: JSONLimits(bytes: answerLimit, depth: 24, values: elements * 2 + 4096))
        let answer = try JSONFields(value, path: "answer")
        var outputs: [Output] = []
        for (number, value) in try answer.array("outputs", limit: 64).enumerated() {
            let fields = try JSONFields(value, path: "answer.outputs[\(number)]")
            var shape: [Int] = []
            for dimension in try fields.array("shape", limit: 16) {
                guard case .number(let text) = dimension, let size = Int(text), size >= 0 else {
                    throw Fault(.malformed, "“\(fields.path).shape” is not made of integers.")
                }
                shape.append(size)
            }
            var values: [Double] = []
            for element in try fields.array("data", limit: elements) {
                try flatten(element, into: &values, limit: elements, fields.path)
            }
            outputs.append(
                Output(
                    name: try fields.string("name", limit: 1024), shape: shape,
                    datatype: try fields.string("datatype", limit: 32), values: values))
        }
        return outputs
    }

    /// The protocol lets data be flat or nested by dimension; the reader bounds the depth.
    private static func flatten(
        _ value: JSONValue, into values: inout [Double], limit: Int, _ path: String
    ) throws(Fault) {
        switch value {
        case .number(let text): values.append(Double(text) ?? .nan)
        case .bool(let flag): values.append(flag ? 1 : 0)
        case .null: values.append(.nan)
        case .array(let inner):
            for element in inner { try flatten(element, into: &values, limit: limit, path) }
        case .string, .object:
            throw Fault(.malformed, "“\(path).data” holds \(value.kind); numbers were expected.")
        }
        guard values.count <= limit else {
            throw Fault(.malformed, "“\(path).data” has more than \(limit) numbers.")
        }
    }

    /// The `error` that the protocol puts into a refusal, or the beginning of whatever came.
    static func refusalText(_ body: [UInt8]) -> String {
        if let value = try? JSONReader.read(body, limits: JSONLimits(bytes: 65536, values: 1000)),
            case .string(let text)? = value["error"]
        {
            return printable(text)
        }
        return printable(String(decoding: body.prefix(300), as: UTF8.self))
    }

    private static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(300).map {
                    $0.value < 0x20 || $0.value == 0x7F ? " " : $0
                }))
    }
}
