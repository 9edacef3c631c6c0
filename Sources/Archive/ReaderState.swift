internal import Faults

/// What the read callback reaches: the source, the piece that libarchive looks at, the first fault.
final class ReaderState {
    private let source: any ArchiveSource
    // libarchive keeps a pointer into this array between calls: while it is held here nothing can
    // change its storage in place (a writer elsewhere would copy first), nor free it.
    private var piece: [UInt8] = []
    /// How many bytes of it are the piece.
    private var length = 0
    private var hasEnded = false
    /// The source's own fault, if it threw one.
    private(set) var fault: Fault?
    /// Bytes that the source gave.
    private(set) var total: Int64 = 0
    /// Zero bytes at the end of what the source gave.
    private(set) var trailingZeros: Int64 = 0
    private var headers = HeaderWatch()

    init(_ source: any ArchiveSource) { self.source = source }

    /// Puts the next piece in place and returns its length: 0 at the end, -1 after a fault.
    func advance(_ start: inout UnsafeRawPointer?) -> Int {
        unsafe start = nil
        guard fault == nil else { return -1 }
        guard !hasEnded else { return 0 }
        headers.pass(piece.span.extracting(0..<length), endingAt: total, upTo: total)
        length = 0
        do throws(Fault) {
            let next = try source.next(into: &piece)
            length = min(next, piece.count)
        } catch {
            fault = error
            return -1
        }
        guard length > 0 else {
            hasEnded = true
            return 0
        }
        count(piece.span.extracting(0..<length))
        unsafe start = piece.withUnsafeBytes { $0.baseAddress }
        return length
    }

    /// An entry's headers begin at that place of the stream.
    func beginHeaders(at offset: Int64) { headers.begin(at: offset) }

    /// An entry's headers have ended at that place of the stream.
    ///
    /// - Parameter offset: where the content begins.
    /// - Returns: what is wrong with them; `nil` where all is well.
    func endHeaders(at offset: Int64) -> String? {
        headers.pass(piece.span.extracting(0..<length), endingAt: total, upTo: offset)
        headers.end()
        return headers.flaw
    }

    /// Takes what is left of the source, so that its whole length is seen, however the archive ended.
    func drain() throws(Fault) {
        var start: UnsafeRawPointer?
        while unsafe advance(&start) > 0 {}
        if let fault { throw fault }
    }

    private func count(_ bytes: Span<UInt8>) {
        total += Int64(bytes.count)
        var zeros = 0
        while zeros < bytes.count, bytes[bytes.count - 1 - zeros] == 0 { zeros += 1 }
        trailingZeros = zeros == bytes.count ? trailingZeros + Int64(zeros) : Int64(zeros)
    }
}

/// libarchive's read callback (`archive_read_callback`) over a ``ReaderState``.
func readFromSource(
    _: OpaquePointer?, client: UnsafeMutableRawPointer?,
    buffer: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> Int {
    guard let client = unsafe client, let buffer = unsafe buffer else { return -1 }
    let state = unsafe Unmanaged<ReaderState>.fromOpaque(client).takeUnretainedValue()
    return unsafe state.advance(&buffer.pointee)
}
