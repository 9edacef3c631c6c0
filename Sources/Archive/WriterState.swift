internal import Faults

/// What the write callback reaches, and the first fault of the archive.
final class WriterState {
    let sink: any ArchiveSink
    private(set) var fault: Fault?
    private var isStopped = false

    init(_ sink: any ArchiveSink) { self.sink = sink }

    func stop() { isStopped = true }

    func checkUsable() throws(Fault) {
        if let fault { throw fault }
    }

    /// Keeps the first fault, and returns it: what follows from it is not the news.
    func fail(_ later: Fault) -> Fault {
        let first = fault ?? later
        fault = first
        return first
    }

    /// Hands bytes on, unless the stream has ended; libarchive always hears that all went well.
    ///
    /// The writer looks at ``fault`` after each call. Told of a failure, libarchive 3.6.2 never frees
    /// what it holds for the stream.
    func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard !isStopped, fault == nil, unsafe !bytes.isEmpty else { return bytes.count }
        do throws(Fault) {
            try unsafe sink.write(bytes.bindMemory(to: UInt8.self).span)
        } catch {
            fault = error
        }
        return bytes.count
    }
}

/// libarchive's write callback (`archive_write_callback`) over a ``WriterState``.
func writeToSink(
    _: OpaquePointer?, client: UnsafeMutableRawPointer?, buffer: UnsafeRawPointer?, count: Int
) -> Int {
    guard let client = unsafe client, let buffer = unsafe buffer else { return -1 }
    let state = unsafe Unmanaged<WriterState>.fromOpaque(client).takeUnretainedValue()
    return unsafe state.take(UnsafeRawBufferPointer(start: buffer, count: count))
}
