internal import COnnxRuntime

/// The one owner of an object of ONNX Runtime; releases it once, before the library's environment.
@safe
struct OrtHandle: ~Copyable {
    /// Borrowed for one call at a time; never stored.
    let pointer: OpaquePointer
    private let library: OrtLibrary
    private let release: ort_entry

    /// Takes an object that `library` made and that the entry `release` releases.
    init(owning pointer: OpaquePointer, of library: OrtLibrary, _ release: ort_entry) {
        unsafe self.pointer = pointer
        self.library = library
        self.release = release
    }

    deinit { unsafe ort_release(library.table, release, pointer) }
}
