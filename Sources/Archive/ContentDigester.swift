internal import DurableFiles
internal import Faults
internal import Glibc
internal import Sealing

/// Digests files, each through one buffer of a fixed size, from the page cache or past it.
@safe
struct ContentDigester: ~Copyable {
    // O_DIRECT wants buffer, offset and length on the device's blocks; a page does for all.
    private static let alignment = 4096
    private static let capacity = 1 << 20
    private static let dropEvery: Int64 = 8 << 20

    private enum Way { case cached, dropping, direct }

    private let buffer: UnsafeMutableRawPointer
    private var sha: SHA256
    private let reading: TreeScanner.Reading

    init(_ reading: TreeScanner.Reading) throws(Fault) {
        sha = try SHA256()
        unsafe buffer = .allocate(byteCount: Self.capacity, alignment: Self.alignment)
        self.reading = reading
    }

    deinit { unsafe buffer.deallocate() }

    /// The digest of a link's target.
    mutating func digest(text: String) throws(Fault) -> Digest {
        try sha.digest(Array(text.utf8).span)
    }

    /// The digest of a file's content, which must have the size that `found` says throughout.
    mutating func digest(
        _ found: borrowing TreeWalk.Found, each: (Int) throws(Fault) -> Void
    ) throws(Fault) -> Digest {
        let what = "\(found.parent.directory.path)/\(found.name)"
        guard let file = try found.parent.directory.openFile(found.name) else {
            throw systemFault("cannot open \(what)", error: ENOENT)
        }
        let info = try file.info(what)
        guard info.inode == found.info.inode, info.size == found.info.size else {
            throw Fault(.storage, "\(what) was changed while the tree was read.")
        }
        switch reading {
        case .cached:
            return try digest(file, info.size, what, .cached, each)
        case .uncached(let allowVolatile):
            if try file.isVolatile(what) {
                guard allowVolatile else { throw unproven(what, "it stands in memory alone") }
                return try digest(file, info.size, what, .cached, each)
            }
            if try file.dropCache(length: info.size, what) {
                // Read ahead by the kernel, which O_DIRECT is not: the device works while we digest.
                return try digest(file, info.size, what, .dropping, each)
            }
            let direct = try openDirect(found, what)
            return try digest(direct, info.size, what, .direct, each)
        }
    }

    private func openDirect(
        _ found: borrowing TreeWalk.Found, _ what: String
    ) throws(Fault) -> Descriptor {
        let direct: Descriptor?
        do {
            direct = try found.parent.directory.openFile(found.name, flags: directFlag)
        } catch {
            throw unproven(
                what, "it stays in the page cache, and its file system cannot read past it",
                cause: error.cause)
        }
        guard let direct, try direct.info(what).inode == found.info.inode else {
            throw Fault(.storage, "\(what) was changed while the tree was read.")
        }
        return direct
    }

    private mutating func digest(
        _ file: borrowing Descriptor, _ size: Int64, _ what: String, _ way: Way,
        _ each: (Int) throws(Fault) -> Void
    ) throws(Fault) -> Digest {
        _ = posix_fadvise(file.raw, 0, 0, POSIX_FADV_SEQUENTIAL)
        var offset: Int64 = 0
        var dropped: Int64 = 0
        while offset < size {
            let count = unsafe pread(file.raw, buffer, Self.capacity, off_t(offset))
            if count < 0 {
                if errno == EINTR { continue }
                if way == .direct, errno == EINVAL {
                    throw unproven(what, "its file system refuses to read past the page cache")
                }
                throw readFault(what)
            }
            if count == 0 { break }
            let bytes = unsafe UnsafeRawBufferPointer(start: buffer, count: count)
            try unsafe sha.update(bytes.bindMemory(to: UInt8.self).span)
            offset += Int64(count)
            try each(count)
            // Nothing is left behind that would push the running application out of memory.
            if way == .dropping, offset - dropped >= Self.dropEvery {
                _ = posix_fadvise(
                    file.raw, off_t(dropped), off_t(offset - dropped), POSIX_FADV_DONTNEED)
                dropped = offset
            }
        }
        let now = try file.info(what).size
        guard offset == size, now == size else {
            throw Fault(
                .storage,
                "\(what) had \(size) bytes, \(offset) were read and it now has \(now).")
        }
        return try sha.finish()
    }

    private func readFault(_ what: String) -> Fault {
        let fault = systemFault("cannot read \(what)")
        guard case .uncached = reading else { return fault }
        return Fault(
            .readBack, "\(what) cannot be read back.",
            advice: "Check the disk and its kernel messages.", cause: fault.cause)
    }

    private func unproven(_ what: String, _ why: String, cause: String? = nil) -> Fault {
        Fault(
            .readBack, "What is read of \(what) cannot be shown to come from the device: \(why).",
            advice: "Keep the store on a file system of a disk that supports O_DIRECT.",
            cause: cause)
    }
}
