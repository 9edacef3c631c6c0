internal import CSodium
public import Faults

/// Secret bytes in memory that is locked against swapping, guarded, and wiped when it goes.
///
/// It has no description and cannot be copied; nothing prints it.
@safe
public struct SecretBytes: ~Copyable, @unchecked Sendable {
    // Immutable after its maker returned, so that sharing a borrow between threads is sound.
    private let memory: UnsafeMutableRawPointer
    /// How many bytes.
    public let count: Int

    /// Makes `count` zero bytes and lets `fill` set them.
    ///
    /// - Throws: a `Fault` where the memory cannot be had, or what `fill` throws.
    public init(
        count: Int, fill: (inout MutableSpan<UInt8>) throws(Fault) -> Void
    ) throws(Fault) {
        try Sodium.start()
        guard count > 0, let memory = unsafe sodium_malloc(count) else {
            throw Fault(.noSpace, "No locked memory for a secret of \(count) bytes.")
        }
        unsafe sodium_memzero(memory, count)
        let buffer = unsafe UnsafeMutableBufferPointer(
            start: memory.bindMemory(to: UInt8.self, capacity: count), count: count)
        var span = unsafe buffer.mutableSpan
        do throws(Fault) {
            try fill(&span)
        } catch {
            unsafe sodium_free(memory)
            throw error
        }
        unsafe self.memory = memory
        self.count = count
    }

    /// Copies bytes that the caller then wipes or lets go.
    public init(copying bytes: [UInt8]) throws(Fault) {
        try self.init(count: bytes.count) { (span) throws(Fault) in
            for index in bytes.indices { span[index] = bytes[index] }
        }
    }

    /// Fresh bytes from the kernel's random generator.
    public static func random(count: Int) throws(Fault) -> SecretBytes {
        try SecretBytes(count: count) { (span) throws(Fault) in
            unsafe span.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                unsafe randombytes_buf(base, buffer.count)
            }
        }
    }

    deinit { unsafe sodium_free(memory) }

    /// Another owner of the same secret; no copy is left elsewhere.
    public func duplicate() throws(Fault) -> SecretBytes {
        try SecretBytes(count: count) { (span) throws(Fault) in
            for index in 0..<count { span[index] = unsafe pointer[index] }
        }
    }

    /// The bytes, lent to `body`.
    public func withBytes<Result: ~Copyable>(
        _ body: (Span<UInt8>) throws(Fault) -> Result
    ) throws(Fault) -> Result {
        let buffer = unsafe UnsafeBufferPointer(start: pointer, count: count)
        return try unsafe body(buffer.span)
    }

    /// The same for the C calls of this module.
    var pointer: UnsafePointer<UInt8> {
        unsafe UnsafePointer(memory.assumingMemoryBound(to: UInt8.self))
    }
}

/// Fresh bytes that are no secret, from the kernel's random generator.
public func randomBytes(count: Int) throws(Fault) -> [UInt8] {
    try Sodium.start()
    var bytes = [UInt8](repeating: 0, count: count)
    unsafe randombytes_buf(&bytes, count)
    return bytes
}

/// libsodium's start, once a process.
enum Sodium {
    private static let started = sodium_init() >= 0

    static func start() throws(Fault) {
        guard started else { throw Fault(.internalError, "libsodium does not start.") }
    }
}
