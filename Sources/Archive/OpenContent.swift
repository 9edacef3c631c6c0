internal import DurableFiles
internal import Faults
internal import Glibc

/// An open file whose content is to be read once, from the page cache or past it.
final class OpenContent: Sendable {
    private enum Way { case cached, dropping, direct }

    /// The file's path, for messages.
    let what: String
    let size: Int64
    private let descriptor: Descriptor
    private let way: Way

    private init(_ descriptor: consuming Descriptor, _ file: FileToDigest, _ way: Way) {
        self.descriptor = descriptor
        what = file.what
        size = file.size
        self.way = way
    }

    /// Opens a file; where it is to be read past the page cache, none of it is there any more.
    static func open(
        _ file: FileToDigest, _ reading: TreeScanner.Reading
    ) throws(Fault) -> OpenContent {
        let descriptor = try file.open()
        guard case .uncached(let allowVolatile) = reading else {
            return OpenContent(descriptor, file, .cached)
        }
        let what = file.what
        if try descriptor.isVolatile(what) {
            guard allowVolatile else { throw unproven(what, "it stands in memory alone") }
            return OpenContent(descriptor, file, .cached)
        }
        if try descriptor.dropCache(length: file.size, what) {
            // Read ahead by the kernel, which O_DIRECT is not.
            return OpenContent(descriptor, file, .dropping)
        }
        return OpenContent(try openDirect(file), file, .direct)
    }

    private static func openDirect(_ file: FileToDigest) throws(Fault) -> Descriptor {
        do {
            return try file.open(flags: directFlag)
        } catch {
            guard error.code == .storage, error.cause != nil else { throw error }
            throw unproven(
                file.what, "it stays in the page cache, and its file system cannot read past it",
                cause: error.cause)
        }
    }

    /// Has the kernel read the file before anybody asks for it; a small file, as a whole.
    func readAhead() {
        guard way != .direct else { return }
        _ = posix_fadvise(descriptor.raw, 0, 0, POSIX_FADV_WILLNEED)
    }

    /// Has the kernel read larger pieces than usual before they are asked for.
    func readInSequence() { _ = posix_fadvise(descriptor.raw, 0, 0, POSIX_FADV_SEQUENTIAL) }

    /// Fills a buffer from an offset on, whose distance from 0 is a multiple of the buffer's size.
    ///
    /// - Parameters:
    ///   - buffer: the buffer.
    ///   - offset: where in the file to begin.
    /// - Returns: how many bytes stand in the buffer; fewer than fit only at the file's end.
    /// - Throws: a `Fault`, of code `read-back` where the file was to be read past the cache.
    func read(into buffer: borrowing ReadBuffer, at offset: Int64) throws(Fault) -> Int {
        var done = 0
        while done < buffer.capacity {
            let count = unsafe pread(
                descriptor.raw, buffer.start + done, buffer.capacity - done,
                off_t(offset) + off_t(done))
            if count == 0 { break }
            if count > 0 {
                done += count
            } else if errno != EINTR {
                throw readFault(errno)
            }
        }
        return done
    }

    /// Takes out of the cache again what was read from `offset` on, in `length` bytes; 0 is all.
    ///
    /// Nothing is left behind that would push the running application out of memory.
    func forget(from offset: Int64 = 0, length: Int64 = 0) {
        guard way == .dropping else { return }
        _ = posix_fadvise(descriptor.raw, off_t(offset), off_t(length), POSIX_FADV_DONTNEED)
    }

    /// Sees that the file has its size still, and that all of it was read.
    func checkEnd(read: Int64) throws(Fault) {
        let now = try descriptor.info(what).size
        guard read == size, now == size else {
            throw Fault(
                .storage, "\(what) had \(size) bytes, \(read) were read and it now has \(now).")
        }
    }

    private func readFault(_ error: Int32) -> Fault {
        let fault = systemFault("cannot read \(what)", error: error)
        switch way {
        case .cached: return fault
        case .direct where error == EINVAL:
            return OpenContent.unproven(
                what, "its file system refuses to read past the page cache")
        case .dropping, .direct:
            return Fault(
                .readBack, "\(what) cannot be read back.",
                advice: "Check the disk and its kernel messages.", cause: fault.cause)
        }
    }

    private static func unproven(_ what: String, _ why: String, cause: String? = nil) -> Fault {
        Fault(
            .readBack, "What is read of \(what) cannot be shown to come from the device: \(why).",
            advice: "Keep the store on a file system of a disk that supports O_DIRECT.",
            cause: cause)
    }
}
