internal import DurableFiles
internal import Faults

/// Inputs and the outputs that the shipped model gave for them, in the layout of ONNX's backend
/// tests: `input_0.pb`, `input_1.pb`, …, `output_0.pb`, ….
struct GoldenCase: Sendable {
    /// The most elements of an output: answers are JSON, and each number costs memory.
    static let outputLimit = 1 << 20

    /// The case's directory in the slot.
    let directory: String
    /// The inputs, in numeric order, each with a name.
    let inputs: [Tensor]
    /// The golden outputs, in numeric order.
    let outputs: [Tensor]

    /// Reads a case.
    ///
    /// - Parameters:
    ///   - directory: where it stands below the slot.
    ///   - slot: the slot; no link is followed below it.
    /// - Throws: a `Fault` that names the file.
    init(_ directory: String, in slot: borrowing Directory) throws(Fault) {
        var place = try slot.duplicate()
        for component in directory.split(separator: "/") {
            guard let inner = try place.openIfPresent(String(component)) else {
                throw Fault(.malformed, "The slot has no golden case at \(directory).")
            }
            place = inner
        }
        self.directory = directory
        inputs = try GoldenCase.inputs(in: place)
        outputs = try GoldenCase.tensors("output", in: place)
        for output in outputs where output.count > GoldenCase.outputLimit {
            throw Fault(
                .malformed,
                "An output of \(directory) has \(output.count) elements; at most "
                    + "\(GoldenCase.outputLimit) can be compared.")
        }
    }

    /// Reads the inputs alone.
    ///
    /// - Parameter place: the case's directory.
    /// - Returns: the inputs, in numeric order, each with a name.
    /// - Throws: a `Fault` that names the file.
    static func inputs(in place: borrowing Directory) throws(Fault) -> [Tensor] {
        let inputs = try tensors("input", in: place)
        for input in inputs where input.name.isEmpty {
            throw Fault(
                .malformed,
                "An input of \(place.path) has no name, so that it cannot be given to the model.")
        }
        return inputs
    }

    private static func tensors(
        _ kind: String, in place: borrowing Directory
    ) throws(Fault) -> [Tensor] {
        var numbered: [(number: Int, name: String)] = []
        for name in try place.names(limit: 4096) {
            guard name.hasPrefix("\(kind)_"), name.hasSuffix(".pb") else { continue }
            let digits = name.dropFirst(kind.count + 1).dropLast(3)
            guard let number = Int(digits), "\(number)" == digits, number >= 0 else { continue }
            numbered.append((number, name))
        }
        guard (1...64).contains(numbered.count) else {
            throw Fault(
                .malformed,
                "\(place.path) has \(numbered.count) files \(kind)_N.pb; 1 to 64 were expected.")
        }
        numbered.sort { $0.number < $1.number }
        var tensors: [Tensor] = []
        for (_, name) in numbered {
            guard let bytes = try place.read(name, limit: try limit(name, place)) else { continue }
            let tensor: Tensor
            do {
                tensor = try TensorProto.read(bytes.span)
            } catch {
                throw error.during("\(place.path)/\(name)")
            }
            if let index = tensor.firstNonFinite {
                throw Fault(
                    .malformed,
                    "\(place.path)/\(name): element \(index) is \(tensor.value(index)); golden "
                        + "values must be finite.")
            }
            tensors.append(tensor)
        }
        return tensors
    }

    /// The file's size, so that a small one is not read into a large buffer.
    private static func limit(
        _ name: String, _ place: borrowing Directory
    ) throws(Fault) -> Int {
        let largest = Tensor.limit + (1 << 20)
        guard let info = try place.info(name) else { return largest }
        return min(Int(clamping: info.size), largest)
    }
}
