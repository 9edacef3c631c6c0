/// A buffer of a fixed size that `O_DIRECT` can fill.
@safe
struct ReadBuffer: ~Copyable, @unchecked Sendable {
    // O_DIRECT wants buffer, offset and length on the device's blocks; a page does for all.
    private static let alignment = 4096

    let capacity: Int
    let start: UnsafeMutableRawPointer

    /// Allocates a buffer; `capacity` is a multiple of a page.
    init(capacity: Int) {
        self.capacity = capacity
        unsafe start = .allocate(byteCount: capacity, alignment: Self.alignment)
    }

    deinit { unsafe start.deallocate() }

    /// Gives the first bytes to `body`.
    func withBytes<Failure: Error>(
        _ count: Int, _ body: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: min(count, capacity))
        try unsafe body(bytes.bindMemory(to: UInt8.self).span)
    }
}
