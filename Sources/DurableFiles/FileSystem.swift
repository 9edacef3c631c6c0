internal import CLinux
public import Faults
internal import Glibc

/// Space and inodes of a file system, as a process without privileges may use them.
public struct FileSystemSpace: Sendable {
    /// Bytes free.
    public let bytes: Int64
    /// Inodes free; `Int64.max` where the file system makes them as needed.
    public let inodes: Int64
    /// Bytes of the whole file system.
    public let total: Int64
}

/// One file system, named by a descriptor that was open before the first write to it.
///
/// The kernel reports a failed write-back only to descriptors that are older than the failure, so
/// an install opens this first and ends with ``syncAll()``.
@safe
public struct FileSystem: ~Copyable, Sendable {
    private let descriptor: Descriptor
    private let path: String

    /// Opens the file system on which `directory` stands.
    public static func of(_ directory: borrowing Directory) throws(Fault) -> FileSystem {
        let raw = unsafe openat(directory.raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0 else { throw systemFault("cannot open \(directory.path)") }
        return FileSystem(descriptor: Descriptor(owning: raw), path: directory.path)
    }

    private init(descriptor: consuming Descriptor, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Writes everything of this file system to the device (`syncfs`).
    ///
    /// - Throws: a `Fault` also where a write-back failed since the descriptor was opened.
    public func syncAll() throws(Fault) {
        guard !Protection.diskSync.isOff else { return }
        guard clinux_syncfs(descriptor.raw) == 0 || Protection.syncErrors.isOff else {
            throw systemFault("cannot write the file system of \(path) to its device")
        }
    }

    /// What is free now.
    public func space() throws(Fault) -> FileSystemSpace {
        var status = statvfs()
        guard unsafe fstatvfs(descriptor.raw, &status) == 0 else {
            throw systemFault("cannot ask \(path) for its free space")
        }
        func bytes(_ blocks: some BinaryInteger) -> Int64 {
            let (bytes, overflow) = Int64(clamping: blocks).multipliedReportingOverflow(
                by: Int64(clamping: status.f_frsize))
            return overflow ? .max : bytes
        }
        return FileSystemSpace(
            bytes: bytes(status.f_bavail),
            inodes: status.f_files == 0 ? .max : Int64(clamping: status.f_favail),
            total: bytes(status.f_blocks))
    }
}

/// How a file's content was read past the page cache.
public enum UncachedReading: Sendable {
    /// Opened with `O_DIRECT`.
    case direct
    /// Dropped from the cache first, and seen not to be resident.
    case dropped
}

extension Descriptor {
    /// Reserves space for the file's first `length` bytes.
    ///
    /// - Parameters:
    ///   - length: how many bytes the file is to have.
    ///   - what: the file's name, for the message.
    /// - Returns: `false` where the file system cannot reserve, and nothing was done.
    /// - Throws: a `Fault`, of code `no-space` where the space is not there.
    @discardableResult
    public func allocate(_ length: Int64, _ what: String) throws(Fault) -> Bool {
        guard length > 0 else { return true }
        while clinux_fallocate(raw, length) != 0 {
            if errno == EINTR { continue }
            if errno == EOPNOTSUPP { return false }
            throw systemFault("cannot reserve \(length) bytes for \(what)")
        }
        return true
    }

    /// Starts to write the dirty pages of a range to the device, without waiting.
    public func startWriteBack(offset: Int64, length: Int64) {
        _ = clinux_sync_file_range_start(raw, offset, length)
    }

    /// Whether the file lives in memory alone (tmpfs, ramfs), with no device behind it.
    public func isVolatile(_ what: String) throws(Fault) -> Bool {
        let answer = clinux_volatile(raw)
        guard answer >= 0 else { throw systemFault("cannot ask for the file system of \(what)") }
        return answer == 1
    }

    /// Drops the file's clean pages from the page cache.
    ///
    /// - Returns: whether the kernel then shows none of them resident.
    public func dropCache(length: Int64, _ what: String) throws(Fault) -> Bool {
        guard length > 0 else { return true }
        guard clinux_drop_cache(raw) == 0 else {
            throw systemFault("cannot drop \(what) from the page cache")
        }
        let resident = clinux_resident_pages(raw, length)
        guard resident >= 0 else { throw systemFault("cannot ask what is cached of \(what)") }
        return resident == 0
    }
}

/// The flag that opens a file past the page cache.
public var directFlag: Int32 { clinux_o_direct() }

/// Who this process acts as.
public enum Identity {
    /// The effective user.
    public static var user: UInt32 { geteuid() }

    /// Whether a child process of this one can be root.
    public static var regainsRoot: Bool { clinux_regains_root() != 0 }

    /// Becomes another user for all that follows; as root only.
    ///
    /// Root stays the saved identity, from which child processes that need it (a smoke run that is
    /// to be isolated, the restart command) start.
    ///
    /// - Throws: a `Fault` of code `permission`.
    public static func become(user: UInt32, group: UInt32) throws(Fault) {
        guard clinux_become(user, group) == 0 else {
            throw systemFault("cannot become user \(user)")
        }
    }
}
