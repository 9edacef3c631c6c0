internal import COnnxRuntime
internal import Faults

/// Asks a loaded model for what it takes and gives, and for its metadata.
@safe
struct OrtModelReader {
    private let library: OrtLibrary
    private let allocator: OpaquePointer

    init(library: OrtLibrary) throws(Fault) {
        var allocator: OpaquePointer?
        try unsafe library.check(
            ort_default_allocator(library.table, &allocator), "get the allocator")
        guard let allocator = unsafe allocator else {
            throw Fault(.internalError, "The runtime gave no allocator and no error.")
        }
        self.library = library
        // The library's own, which is never released.
        unsafe self.allocator = allocator
    }

    func inputs(of session: borrowing OrtHandle) throws(Fault) -> [TensorSpec] {
        try specs(
            "input", of: session, ORT_SESSION_GET_INPUT_COUNT, ORT_SESSION_GET_INPUT_NAME,
            ORT_SESSION_GET_INPUT_TYPE_INFO)
    }

    func outputs(of session: borrowing OrtHandle) throws(Fault) -> [TensorSpec] {
        try specs(
            "output", of: session, ORT_SESSION_GET_OUTPUT_COUNT, ORT_SESSION_GET_OUTPUT_NAME,
            ORT_SESSION_GET_OUTPUT_TYPE_INFO)
    }

    /// An entry of the model's own metadata; `nil` where it has none of that name.
    func metadata(_ key: String, of session: borrowing OrtHandle) throws(Fault) -> String? {
        let pointer = unsafe session.pointer
        let metadata = try unsafe library.make(
            ORT_RELEASE_MODEL_METADATA, "read the model's metadata"
        ) { unsafe ort_session_metadata($0, pointer, $1) }
        var text: UnsafeMutablePointer<CChar>?
        try unsafe library.check(
            ort_metadata_lookup(library.table, metadata.pointer, allocator, key, &text),
            "read the model's metadata")
        return try unsafe take(text)
    }

    private func specs(
        _ kind: String, of session: borrowing OrtHandle, _ countEntry: ort_entry,
        _ nameEntry: ort_entry, _ typeEntry: ort_entry
    ) throws(Fault) -> [TensorSpec] {
        let pointer = unsafe session.pointer
        var count = 0
        try unsafe library.check(
            ort_session_count(library.table, countEntry, pointer, &count), "count \(kind)s")
        var specs: [TensorSpec] = []
        for index in 0..<count {
            var text: UnsafeMutablePointer<CChar>?
            try unsafe library.check(
                ort_session_name(library.table, nameEntry, pointer, index, allocator, &text),
                "read the name of \(kind) \(index)")
            let name = try unsafe take(text) ?? ""
            let type = try unsafe library.make(
                ORT_RELEASE_TYPE_INFO, "read the type of the \(kind) “\(name)”"
            ) { unsafe ort_session_type_info($0, typeEntry, pointer, index, $1) }
            specs.append(try spec(kind, name, type))
        }
        return specs
    }

    private func spec(
        _ kind: String, _ name: String, _ type: borrowing OrtHandle
    ) throws(Fault) -> TensorSpec {
        var info: OpaquePointer?
        try unsafe library.check(
            ort_tensor_info(library.table, type.pointer, &info), "read the type of “\(name)”")
        let served = Datatype.allCases.map(\.rawValue).joined(separator: ", ")
        guard let info = unsafe info else {
            throw Fault(
                .unsupported,
                "The model's \(kind) “\(name)” is no tensor; served are tensors of "
                    + "\(served).")
        }
        let (code, shape) = try unsafe library.typeAndShape(info)
        guard let datatype = Datatype(onnxCode: code) else {
            throw Fault(
                .unsupported,
                "The model's \(kind) “\(name)” has ONNX type \(code); served are "
                    + "tensors of \(served).")
        }
        return TensorSpec(name: name, datatype: datatype, shape: shape)
    }

    /// Copies a text of the library and gives it back.
    private func take(_ text: UnsafeMutablePointer<CChar>?) throws(Fault) -> String? {
        guard let text = unsafe text else { return nil }
        let copy = unsafe String(cString: text)
        try unsafe library.check(ort_free(library.table, allocator, text), "free a text")
        return copy
    }
}
