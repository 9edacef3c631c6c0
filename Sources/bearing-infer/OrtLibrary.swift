internal import COnnxRuntime
internal import Faults
internal import Glibc
internal import Locks

/// ONNX Runtime's shared library, opened at run time, with its environment.
///
/// Every object of the library keeps a reference to this one, so the environment goes last. The
/// library itself is never closed: it has threads and at-exit handlers of its own.
@safe
final class OrtLibrary {
    /// The table of entries, for the `Ort…` types alone.
    let table: ort_table
    /// The library's own version: `1.32.0`.
    let version: String
    // All environments of a process are one object inside the library (1.32.0), and it refuses a new
    // one while another thread still takes the last one down. So they are made and released in turn.
    private static let turn = Guarded(())

    /// The environment that sessions are made in.
    let environment: OpaquePointer

    /// Opens the library.
    ///
    /// - Parameter path: the file. A name without a slash is a file in the working directory, not
    ///   one on the system's search path.
    /// - Throws: a `Fault` with the loader's own message, or one of code `unsupported`
    ///   for a library that is another one or too old.
    init(path: String) throws(Fault) {
        // Before the library starts: it would start a thread that collects usage data.
        unsafe setenv("ORT_DISABLE_TELEMETRY", "1", 1)
        let file = path.contains("/") ? path : "./\(path)"
        guard let handle = unsafe dlopen(file, RTLD_NOW | RTLD_LOCAL) else {
            throw Fault(
                .notFound, "Cannot open the runtime \(path).",
                advice: "Give ONNX Runtime's shared library to --runtime.",
                cause: Self.loaderText())
        }
        guard let symbol = unsafe dlsym(handle, "OrtGetApiBase") else {
            throw Fault(
                .unsupported, "\(path) has no OrtGetApiBase: it is not ONNX Runtime.",
                cause: Self.loaderText())
        }
        let getBase = unsafe unsafeBitCast(symbol, to: ort_get_api_base.self)
        guard let base = unsafe getBase() else {
            throw Fault(.unsupported, "\(path) gives no interface: OrtGetApiBase returned NULL.")
        }
        let version = unsafe base.pointee.get_version_string().map { unsafe String(cString: $0) }
        guard let api = unsafe base.pointee.get_api(UInt32(ORT_TABLE_VERSION)) else {
            throw Fault(
                .unsupported,
                "\(path) is ONNX Runtime \(version ?? "?"), which does not have version "
                    + "\(ORT_TABLE_VERSION) of the C interface.",
                advice: "Use ONNX Runtime 1.21 or later.")
        }
        let table = unsafe api.assumingMemoryBound(to: UnsafeRawPointer?.self)
        // Handed out of the lock, which C pointers are not marked fit for.
        nonisolated(unsafe) var environment: OpaquePointer?
        nonisolated(unsafe) var status: OpaquePointer?
        Self.turn.withLock { _ in
            unsafe status = ort_create_env(table, "bearing-infer", &environment)
        }
        try unsafe Self.check(status, table, .internalError, "start the runtime")
        guard let environment = unsafe environment else {
            throw Fault(.internalError, "The runtime gave no environment and no error.")
        }
        unsafe self.table = table
        unsafe self.environment = environment
        self.version = version ?? "?"
    }

    deinit {
        Self.turn.withLock { _ in unsafe ort_release(table, ORT_RELEASE_ENV, environment) }
    }

    /// Turns a status into a fault with ONNX Runtime's own message, and releases it.
    func check(
        _ status: OpaquePointer?, _ doing: @autoclosure () -> String,
        _ code: FaultCode = .internalError
    ) throws(Fault) {
        try unsafe Self.check(status, table, code, doing())
    }

    /// Makes an object with one of the library's calls and takes it.
    ///
    /// - Parameters:
    ///   - release: the entry that releases objects of this kind (`ORT_RELEASE_…`).
    ///   - doing: what is being done, for the message: “load the model …”.
    ///   - code: the code of the fault where the call fails.
    ///   - call: the call; it writes the object where it is told and returns a status.
    /// - Returns: the object's owner.
    /// - Throws: a `Fault` with ONNX Runtime's own message.
    func make(
        _ release: ort_entry, _ doing: @autoclosure () -> String,
        _ code: FaultCode = .internalError,
        _ call: (ort_table, UnsafeMutablePointer<OpaquePointer?>) -> OpaquePointer?
    ) throws(Fault) -> OrtHandle {
        var pointer: OpaquePointer?
        let status = unsafe call(table, &pointer)
        try unsafe check(status, doing(), code)
        guard let pointer = unsafe pointer else {
            throw Fault(code, "Cannot \(doing()): the runtime gave no object and no error.")
        }
        return unsafe OrtHandle(owning: pointer, of: self, release)
    }

    private static func check(
        _ status: OpaquePointer?, _ table: ort_table, _ code: FaultCode,
        _ doing: @autoclosure () -> String
    ) throws(Fault) {
        guard let status = unsafe status else { return }
        let message = unsafe ort_error_message(table, status).map { unsafe String(cString: $0) }
        unsafe ort_release_status(table, status)
        throw Fault(code, "Cannot \(doing()).", cause: message)
    }

    private static func loaderText() -> String? {
        guard let text = unsafe dlerror() else { return nil }
        return unsafe String(cString: text)
    }
}
