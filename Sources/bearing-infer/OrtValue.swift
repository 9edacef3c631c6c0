internal import COnnxRuntime
internal import Faults

/// The one owner of a tensor of ONNX Runtime, and of its elements where they came from here.
@safe
final class OrtValue {
    /// Borrowed for one call at a time; never stored.
    let pointer: OpaquePointer
    private let library: OrtLibrary
    private let elements: UnsafeMutableRawBufferPointer?

    /// Copies a tensor.
    init(_ tensor: Tensor, _ library: OrtLibrary, _ memory: borrowing OrtHandle) throws(Fault) {
        let elements = UnsafeMutableRawBufferPointer.allocate(
            byteCount: tensor.bytes.count, alignment: 64)
        unsafe elements.copyBytes(from: tensor.bytes)
        let shape = tensor.shape.map(Int64.init)
        var pointer: OpaquePointer?
        let status = unsafe ort_create_tensor(
            library.table, memory.pointer, elements.baseAddress, elements.count, shape, shape.count,
            tensor.datatype.onnxCode, &pointer)
        do throws(Fault) {
            try unsafe library.check(status, "make a tensor of “\(tensor.name)”")
            guard let pointer = unsafe pointer else {
                throw Fault(.internalError, "The runtime gave no tensor and no error.")
            }
            unsafe self.pointer = pointer
        } catch {
            unsafe elements.deallocate()
            throw error
        }
        self.library = library
        unsafe self.elements = elements
    }

    /// Takes a tensor that the runtime made.
    init(owning pointer: OpaquePointer, of library: OrtLibrary) {
        unsafe self.pointer = pointer
        self.library = library
        unsafe self.elements = nil
    }

    deinit {
        unsafe ort_release(library.table, ORT_RELEASE_VALUE, pointer)
        unsafe elements?.deallocate()
    }

    /// Copies the elements out.
    ///
    /// - Parameter spec: the output that this is.
    /// - Returns: the tensor.
    /// - Throws: a `Fault` where the runtime's tensor is not what the model promised.
    func tensor(as spec: TensorSpec) throws(Fault) -> Tensor {
        let info = try unsafe library.make(ORT_RELEASE_TENSOR_INFO, "ask for an output's shape") {
            unsafe ort_value_info($0, pointer, $1)
        }
        let (code, shape) = try unsafe library.typeAndShape(info.pointer)
        guard code == spec.datatype.onnxCode, spec.accepts(shape),
            let count = Tensor.elements(shape)
        else {
            throw Fault(
                .internalError,
                "The output “\(spec.name)” has ONNX type \(code) and shape \(shape); the model "
                    + "promised \(spec.datatype.rawValue) of \(spec.shape).")
        }
        var data: UnsafeMutableRawPointer?
        try unsafe library.check(
            ort_tensor_data(library.table, pointer, &data), "read the output “\(spec.name)”")
        let bytes = unsafe Array(
            UnsafeRawBufferPointer(start: data, count: count * spec.datatype.size))
        return Tensor(name: spec.name, datatype: spec.datatype, shape: shape, bytes: bytes)
    }
}

extension OrtLibrary {
    /// ONNX's number of the element type, and the dimensions, from a description of a tensor.
    func typeAndShape(_ info: OpaquePointer) throws(Fault) -> (code: Int32, shape: [Int]) {
        var code: Int32 = 0
        var rank = 0
        try unsafe check(ort_element_type(table, info, &code), "ask for a tensor's type")
        try unsafe check(ort_rank(table, info, &rank), "ask for a tensor's rank")
        var shape = [Int64](repeating: 0, count: rank)
        try unsafe check(ort_dimensions(table, info, &shape, rank), "ask for a tensor's shape")
        return (code, shape.map(Int.init))
    }
}
