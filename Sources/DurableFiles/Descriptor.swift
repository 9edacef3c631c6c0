// DurableFiles: directory descriptors, durable replacement, locks. Everything that touches a path.

public import Faults
public import Glibc

/// The one owner of an open file descriptor; closed when it goes.
@safe
public struct Descriptor: ~Copyable, Sendable {
    /// The descriptor's number, borrowed: it must not be closed nor outlive the owner.
    public let raw: Int32

    /// Takes ownership of an open descriptor.
    public init(owning raw: Int32) {
        self.raw = raw
    }

    deinit { _ = close(raw) }

    /// Data and metadata on the device (`fsync`).
    ///
    /// - Parameter what: the name of the thing, for the message.
    /// - Throws: a `Fault` of code `storage`.
    public func sync(_ what: String) throws(Fault) {
        guard !Protection.fileSync.isOff else { return }
        try syncAlways(what)
    }

    func syncAlways(_ what: String) throws(Fault) {
        guard fsync(raw) == 0 || Protection.syncErrors.isOff else {
            throw systemFault("cannot make \(what) durable")
        }
    }

    /// Closes and reports what closing says.
    public consuming func closeChecked(_ what: String) throws(Fault) {
        let raw = self.raw
        discard self
        guard close(raw) == 0 else { throw systemFault("cannot close \(what)") }
    }

    /// What the descriptor names.
    public func info(_ what: String) throws(Fault) -> EntryInfo {
        var status = stat()
        guard unsafe fstat(raw, &status) == 0 else { throw systemFault("cannot look at \(what)") }
        return EntryInfo(status)
    }

    /// Reads the next bytes into `buffer`.
    ///
    /// - Returns: how many bytes were read; 0 at the end.
    public func read(
        into buffer: inout [UInt8], count: Int, _ what: String
    ) throws(Fault) -> Int {
        while true {
            let result = unsafe buffer.withUnsafeMutableBytes {
                unsafe Glibc.read(raw, $0.baseAddress, min(count, $0.count))
            }
            if result >= 0 { return result }
            guard errno == EINTR else { throw systemFault("cannot read \(what)") }
        }
    }

    /// Reads at an offset, until `count` bytes stand in `buffer` or the file ends.
    ///
    /// - Returns: how many bytes were read.
    public func read(
        at offset: Int64, into buffer: inout [UInt8], count: Int, _ what: String
    ) throws(Fault) -> Int {
        var done = 0
        while done < count {
            let result = unsafe buffer.withUnsafeMutableBytes {
                unsafe pread(
                    raw, $0.baseAddress.map { unsafe $0 + done }, min(count, $0.count) - done,
                    off_t(offset) + off_t(done))
            }
            if result == 0 { break }
            if result > 0 {
                done += result
            } else if errno != EINTR {
                throw systemFault("cannot read \(what)")
            }
        }
        return done
    }

    /// Writes all of `bytes` at an offset.
    public func write(
        _ bytes: Span<UInt8>, at offset: Int64, _ what: String
    ) throws(Fault) {
        var done = 0
        while done < bytes.count {
            let result = unsafe bytes.withUnsafeBytes {
                unsafe pwrite(
                    raw, $0.baseAddress.map { unsafe $0 + done }, $0.count - done,
                    off_t(offset) + off_t(done))
            }
            if result > 0 {
                done += result
            } else if result == 0 || errno != EINTR {
                guard !Protection.writeErrors.isOff else { return }
                throw systemFault("cannot write \(what)")
            }
        }
    }

    /// Writes all of `bytes` at the current position.
    public func write(_ bytes: Span<UInt8>, _ what: String) throws(Fault) {
        var done = 0
        while done < bytes.count {
            let result = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(
                    raw, $0.baseAddress.map { unsafe $0 + done }, $0.count - done)
            }
            if result > 0 {
                done += result
            } else if result == 0 || errno != EINTR {
                guard !Protection.writeErrors.isOff else { return }
                throw systemFault("cannot write \(what)")
            }
        }
    }
}

/// What stands behind a name.
public struct EntryInfo: Sendable {
    /// The kinds of entry that the project tells apart.
    public enum Kind: Sendable, Equatable {
        /// A regular file.
        case file
        /// A directory.
        case directory
        /// A symbolic link.
        case link
        /// A device, socket or pipe.
        case other
    }

    /// What it is.
    public let kind: Kind
    /// Permission bits, with set-user-id, set-group-id and sticky.
    public let mode: UInt32
    /// Size in bytes.
    public let size: Int64
    /// Space that it takes on the device, in bytes.
    public let allocated: Int64
    /// Names that it has.
    public let links: Int
    /// Inode number, unique within ``device``.
    public let inode: UInt64
    /// The file system that it stands on.
    public let device: UInt64
    /// Its owner.
    public let owner: UInt32
    /// Its group.
    public let group: UInt32

    init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .link
            default: .other
            }
        mode = status.st_mode & 0o7777
        size = Int64(status.st_size)
        allocated = Int64(status.st_blocks) * 512
        links = Int(status.st_nlink)
        inode = UInt64(status.st_ino)
        device = UInt64(status.st_dev)
        owner = status.st_uid
        group = status.st_gid
    }
}

/// A fault of the system call that just failed, by `errno`.
///
/// A full disk, a missing permission and a missing file have codes of their own.
public func systemFault(_ what: String, error: Int32 = errno) -> Fault {
    let text = unsafe String(cString: strerror(error))
    let sentence = what.prefix(1).uppercased() + what.dropFirst() + "."
    return switch error {
    case ENOSPC, EDQUOT:
        Fault(.noSpace, sentence, advice: "Free some space on that disk.", cause: text)
    case EACCES, EPERM:
        Fault(
            .permission, sentence, advice: "Run the command as root or as the store's owner.",
            cause: text)
    case ENOENT: Fault(.notFound, sentence, cause: text)
    case EROFS:
        Fault(
            .storage, sentence, advice: "The file system is mounted read-only; check the disk.",
            cause: text)
    default: Fault(.storage, sentence, cause: text)
    }
}
