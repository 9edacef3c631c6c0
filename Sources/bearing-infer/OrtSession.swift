internal import COnnxRuntime
internal import Faults

/// A loaded model that runs on the processor.
@safe
struct OrtSession: ~Copyable {
    let library: OrtLibrary
    let inputs: [TensorSpec]
    let outputs: [TensorSpec]
    /// What the model's own metadata say under `version`.
    let version: String?
    private let inputNames: CStrings
    private let outputNames: CStrings
    private let session: OrtHandle
    private let memory: OrtHandle

    /// Loads a model.
    ///
    /// - Parameters:
    ///   - path: the `.onnx` file.
    ///   - library: the runtime.
    ///   - threads: threads that one inference uses, at least 1.
    /// - Throws: a `Fault` with ONNX Runtime's own message where the file is no model, or
    ///   of code `unsupported` for inputs or outputs that JSON cannot carry.
    init(path: String, library: OrtLibrary, threads: Int32) throws(Fault) {
        let options = try unsafe library.make(
            ORT_RELEASE_SESSION_OPTIONS, "make session options"
        ) { unsafe ort_create_session_options($0, $1) }
        try unsafe library.check(
            ort_set_threads(library.table, options.pointer, threads, 1), "use \(threads) threads")
        try unsafe library.check(
            ort_disable_arena(library.table, options.pointer), "switch the memory arena off")
        let memory = try unsafe library.make(ORT_RELEASE_MEMORY_INFO, "describe memory") {
            unsafe ort_create_memory_info($0, $1)
        }
        let session = try unsafe library.make(
            ORT_RELEASE_SESSION, "load the model \(path)", .malformed
        ) { unsafe ort_create_session($0, library.environment, path, options.pointer, $1) }
        let model = try OrtModelReader(library: library)
        let inputs = try model.inputs(of: session)
        let outputs = try model.outputs(of: session)
        self.version = try model.metadata("version", of: session)
        self.inputs = inputs
        self.outputs = outputs
        self.inputNames = CStrings(inputs.map(\.name))
        self.outputNames = CStrings(outputs.map(\.name))
        self.library = library
        self.session = session
        self.memory = memory
    }

    /// Runs the model once.
    ///
    /// - Parameters:
    ///   - tensors: one for each of ``inputs``, in their order, of fitting type and shape.
    ///   - wanted: positions in ``outputs``.
    /// - Returns: the wanted outputs, in that order.
    /// - Throws: a `Fault` with ONNX Runtime's own message.
    func run(_ tensors: [Tensor], outputs wanted: [Int]) throws(Fault) -> [Tensor] {
        var values: [OrtValue] = []
        for tensor in tensors { values.append(try OrtValue(tensor, library, memory)) }
        let pointers = unsafe values.map { unsafe $0.pointer as OpaquePointer? }
        let names = unsafe wanted.map { unsafe outputNames.pointers[$0] }
        var results = unsafe [OpaquePointer?](repeating: nil, count: wanted.count)
        let status = unsafe withExtendedLifetime(values) {
            unsafe ort_run(
                library.table, session.pointer, inputNames.pointers, pointers, pointers.count,
                names, names.count, &results)
        }
        // Owned before the status is looked at: a run that failed may have made some of them.
        let made = unsafe results.map { pointer in
            unsafe pointer.map { unsafe OrtValue(owning: $0, of: library) }
        }
        try unsafe library.check(status, "run the model")
        var answers: [Tensor] = []
        for (position, value) in zip(wanted, made) {
            guard let value else { throw Fault(.internalError, "The runtime left out an output.") }
            answers.append(try value.tensor(as: outputs[position]))
        }
        return answers
    }
}
