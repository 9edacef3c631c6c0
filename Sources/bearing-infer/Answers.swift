internal import StrictJSON

/// The protocol's response objects.
enum Answers {
    static let server = JSONValue.members([
        ("name", .string(BearingInfer.programName)),
        ("version", .string(BearingInfer.programVersion)),
        ("extensions", .array([])),
    ])

    static func model(
        _ name: String, version: String?, inputs: [TensorSpec], outputs: [TensorSpec]
    ) -> JSONValue {
        .members([
            ("name", .string(name)),
            ("versions", version.map { .array([.string($0)]) }),
            ("platform", .string("onnxruntime_onnx")),
            ("inputs", .array(inputs.map(spec))),
            ("outputs", .array(outputs.map(spec))),
        ])
    }

    /// The response to an inference.
    ///
    /// - Throws: a ``ProtocolError`` of status 500 where an output is not finite, which JSON
    ///   cannot say.
    static func inference(
        _ outputs: [Tensor], model: String, version: String?, id: String?
    ) throws(ProtocolError) -> JSONValue {
        var tensors: [JSONValue] = []
        for output in outputs { tensors.append(try tensor(output)) }
        return .members([
            ("model_name", .string(model)),
            ("model_version", version.map { .string($0) }),
            ("id", id.map { .string($0) }),
            ("outputs", .array(tensors)),
        ])
    }

    private static func spec(_ spec: TensorSpec) -> JSONValue {
        .members([
            ("name", .string(spec.name)),
            ("datatype", .string(spec.datatype.rawValue)),
            ("shape", .array(spec.shape.map { .integer($0) })),
        ])
    }

    private static func tensor(_ tensor: Tensor) throws(ProtocolError) -> JSONValue {
        var data: [JSONValue] = []
        for offset in stride(from: 0, to: tensor.bytes.count, by: tensor.datatype.size) {
            guard let element = tensor.datatype.element(of: tensor.bytes, at: offset) else {
                throw ProtocolError(
                    status: 500,
                    message: "The model's output “\(tensor.name)” is no finite number at element "
                        + "\(offset / tensor.datatype.size).")
            }
            data.append(element)
        }
        return .members([
            ("name", .string(tensor.name)),
            ("datatype", .string(tensor.datatype.rawValue)),
            ("shape", .array(tensor.shape.map { .integer($0) })),
            ("data", .array(data)),
        ])
    }
}
