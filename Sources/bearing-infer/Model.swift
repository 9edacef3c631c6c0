internal import Faults

/// The served model. Inferences take turns: one at a time bounds memory, and each then has the
/// processor for itself, so that their times are comparable.
actor Model {
    nonisolated let name: String
    nonisolated let version: String?
    nonisolated let inputs: [TensorSpec]
    nonisolated let outputs: [TensorSpec]
    nonisolated let runtimeVersion: String
    /// The file's SHA-256, in hex.
    nonisolated let digest: String
    private let session: OrtSession

    /// Loads a model and runs it once on zeros: the first inference takes longer than the others,
    /// and a model that cannot run must not become ready.
    ///
    /// - Parameters:
    ///   - name: the name under which it is served.
    ///   - path: the `.onnx` file.
    ///   - runtime: ONNX Runtime's shared library.
    ///   - threads: threads that one inference uses.
    /// - Throws: a `Fault`.
    init(name: String, path: String, runtime: String, threads: Int32) throws(Fault) {
        let library = try OrtLibrary(path: runtime)
        let session = try OrtSession(path: path, library: library, threads: threads)
        let zeros = session.inputs.map { spec in
            let shape = spec.shape.map { max($0, 1) }
            let size = (Tensor.elements(shape) ?? 0) * spec.datatype.size
            return Tensor(
                name: spec.name, datatype: spec.datatype, shape: shape,
                bytes: [UInt8](repeating: 0, count: size))
        }
        _ = try session.run(zeros, outputs: Array(session.outputs.indices))
        digest = try LocalFile.digest(path)
        self.name = name
        version = session.version
        inputs = session.inputs
        outputs = session.outputs
        runtimeVersion = library.version
        self.session = session
    }

    /// Runs the model on inputs that fit it.
    func infer(_ tensors: [Tensor], outputs wanted: [Int]) throws(Fault) -> [Tensor] {
        try session.run(tensors, outputs: wanted)
    }
}
