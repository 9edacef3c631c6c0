internal import Faults
internal import StrictJSON

/// An inference request of the Open Inference Protocol v2 that fits the model.
struct InferenceRequest: Equatable {
    /// The caller's name for the request, which the response repeats.
    let id: String?
    /// One tensor for each of the model's inputs, in the model's order.
    let inputs: [Tensor]
    /// Which of the model's outputs are wanted, by position.
    let outputs: [Int]

    /// Reads a request.
    ///
    /// Members that the protocol does not name are ignored, and so are parameters, as it says.
    init(json: JSONValue, inputs specs: [TensorSpec], outputs: [TensorSpec]) throws(ProtocolError) {
        do throws(Fault) {
            let request = try JSONFields(json, path: "request")
            id = try request.optionalString("id", limit: 1024)
            _ = try request.optionalObject("parameters")
            let given = try Self.entries("inputs", of: request, known: specs, limit: specs.count)
            inputs = try Self.inputs(given, specs)
            guard request.has("outputs") else {
                self.outputs = Array(outputs.indices)
                return
            }
            let wanted = try Self.entries(
                "outputs", of: request, known: outputs, limit: outputs.count)
            self.outputs = wanted.map(\.position)
            guard !wanted.isEmpty else {
                throw Fault(
                    .malformed, "“request.outputs” is empty; leave it out to get every output.")
            }
        } catch {
            throw .badRequest(error.message)
        }
    }

    private typealias Entry = (position: Int, fields: JSONFields)

    /// The objects of an array, each with the position of what its `name` names.
    private static func entries(
        _ key: String, of request: JSONFields, known specs: [TensorSpec], limit: Int
    ) throws(Fault) -> [Entry] {
        var entries: [Entry] = []
        for (number, value) in try request.array(key, limit: limit).enumerated() {
            let fields = try JSONFields(value, path: "\(request.path).\(key)[\(number)]")
            let name = try fields.string("name", limit: 1024)
            _ = try fields.optionalObject("parameters")
            guard let position = specs.firstIndex(where: { $0.name == name }) else {
                let names = specs.map { "“\($0.name)”" }.joined(separator: ", ")
                throw Fault(
                    .malformed, "“\(fields.path).name” is “\(name)”; the model has \(names).")
            }
            guard !entries.contains(where: { $0.position == position }) else {
                throw Fault(.malformed, "“\(name)” stands twice in “\(request.path).\(key)”.")
            }
            entries.append((position, fields))
        }
        return entries
    }

    private static func inputs(
        _ given: [Entry], _ specs: [TensorSpec]
    ) throws(Fault) -> [Tensor] {
        var tensors: [Tensor] = []
        for (position, spec) in specs.enumerated() {
            guard let entry = given.first(where: { $0.position == position }) else {
                throw Fault(
                    .malformed,
                    "The input “\(spec.name)” is missing; expected \(spec.datatype.rawValue) of "
                        + "shape \(spec.shape).")
            }
            tensors.append(try tensor(entry.fields, spec))
        }
        return tensors
    }

    private static func tensor(
        _ fields: JSONFields, _ spec: TensorSpec
    ) throws(Fault) -> Tensor {
        let datatype = try fields.string("datatype", limit: 16)
        guard datatype == spec.datatype.rawValue else {
            throw Fault(
                .malformed,
                "The input “\(spec.name)” has the datatype “\(datatype)”; the model takes "
                    + "\(spec.datatype.rawValue).")
        }
        var shape: [Int] = []
        for value in try fields.array("shape", limit: 32) {
            guard case .number(let text) = value, let size = Int(text) else {
                throw Fault(
                    .malformed,
                    "“\(fields.path).shape” holds \(value.compactText.prefix(40)); integers were "
                        + "expected.")
            }
            shape.append(size)
        }
        guard spec.accepts(shape), let count = Tensor.elements(shape) else {
            throw Fault(
                .malformed,
                "The input “\(spec.name)” has the shape \(shape); the model takes \(spec.shape)"
                    + (spec.shape.contains(-1) ? ", where −1 is any size from 1." : "."))
        }
        let data = TensorData(path: "\(fields.path).data", datatype: spec.datatype, shape: shape)
        let bytes = try data.read(.array(try fields.array("data", limit: .max)), count: count)
        return Tensor(name: spec.name, datatype: spec.datatype, shape: shape, bytes: bytes)
    }
}
