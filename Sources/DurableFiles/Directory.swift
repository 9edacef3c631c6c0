public import Faults
internal import Glibc

/// An open directory, below which names are reached without following any symbolic link.
///
/// Every name given to it is a single path component: a name with a slash, `.` or `..` is refused.
@safe
public struct Directory: ~Copyable, Sendable {
    private let descriptor: Descriptor
    /// The directory's path, for messages only.
    public let path: String

    /// The descriptor's number, borrowed: it must not be closed nor outlive the owner.
    public var raw: Int32 { descriptor.raw }

    init(owning descriptor: consuming Descriptor, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Opens the directory at `path`; here alone links in the path are followed.
    public static func open(path: String) throws(Fault) -> Directory {
        let raw = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0 else { throw systemFault("cannot open the directory \(path)") }
        return Directory(owning: Descriptor(owning: raw), path: path)
    }

    /// Opens a directory below this one.
    public func open(_ name: String) throws(Fault) -> Directory {
        guard let directory = try openIfPresent(name) else {
            throw systemFault("cannot open the directory \(path)/\(name)", error: ENOENT)
        }
        return directory
    }

    /// Opens a directory below this one; `nil` where the name does not exist.
    public func openIfPresent(_ name: String) throws(Fault) -> Directory? {
        try Directory.check(name)
        let raw = unsafe openat(
            self.raw, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if raw < 0, errno == ENOENT { return nil }
        guard raw >= 0 else { throw systemFault("cannot open the directory \(path)/\(name)") }
        return Directory(owning: Descriptor(owning: raw), path: path + "/" + name)
    }

    /// Another owner of the same directory.
    public func duplicate() throws(Fault) -> Directory {
        let raw = unsafe openat(self.raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0 else { throw systemFault("cannot open the directory \(path) again") }
        return Directory(owning: Descriptor(owning: raw), path: path)
    }

    /// Makes a directory, which must not exist yet, and opens it.
    public func make(_ name: String, mode: UInt32 = 0o755) throws(Fault) -> Directory {
        try Directory.check(name)
        guard unsafe mkdirat(raw, name, mode_t(mode)) == 0 else {
            throw systemFault("cannot make the directory \(path)/\(name)")
        }
        return try open(name)
    }

    /// Opens a directory below this one, making it where it does not exist.
    public func openOrMake(_ name: String, mode: UInt32 = 0o755) throws(Fault) -> Directory {
        try Directory.check(name)
        if unsafe mkdirat(raw, name, mode_t(mode)) != 0, errno != EEXIST {
            throw systemFault("cannot make the directory \(path)/\(name)")
        }
        return try open(name)
    }

    /// Makes a new file for writing; the name must not exist (`O_EXCL`).
    public func create(_ name: String, mode: UInt32 = 0o644) throws(Fault) -> Descriptor {
        try Directory.check(name)
        let raw = unsafe openat(
            self.raw, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode_t(mode))
        guard raw >= 0 else { throw systemFault("cannot make the file \(path)/\(name)") }
        return Descriptor(owning: raw)
    }

    /// Opens a regular file; `nil` where the name does not exist.
    ///
    /// - Parameters:
    ///   - name: the file's name.
    ///   - flags: further flags for `openat`, such as `O_RDWR` or `O_DIRECT`.
    /// - Returns: the open file.
    /// - Throws: a `Fault`, also where the name holds something else than a regular file.
    public func openFile(_ name: String, flags: Int32 = 0) throws(Fault) -> Descriptor? {
        try Directory.check(name)
        // Non-blocking, so that a pipe put in a file's place cannot hang the command.
        let raw = unsafe openat(self.raw, name, O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | flags)
        if raw < 0, errno == ENOENT { return nil }
        guard raw >= 0 else { throw systemFault("cannot open \(path)/\(name)") }
        let descriptor = Descriptor(owning: raw)
        guard try descriptor.info("\(path)/\(name)").kind == .file else {
            throw Fault(.storage, "\(path)/\(name) is not a regular file.")
        }
        return descriptor
    }

    /// Reads a whole small file; `nil` where it does not exist.
    ///
    /// - Throws: a `Fault`; of code `malformed` where the file has more than `limit` bytes.
    public func read(_ name: String, limit: Int) throws(Fault) -> [UInt8]? {
        guard let file = try openFile(name) else { return nil }
        let what = "\(path)/\(name)"
        let size = try file.info(what).size
        guard size <= limit else {
            throw Fault(
                .malformed, "\(what) has \(size) bytes; at most \(limit) are expected there.")
        }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        let count = try file.read(at: 0, into: &bytes, count: limit + 1, what)
        guard count <= limit else {
            throw Fault(.malformed, "\(what) grew past \(limit) bytes while it was read.")
        }
        return Array(bytes[..<count])
    }

    /// The target of a symbolic link; `nil` where the name does not exist.
    public func linkTarget(_ name: String) throws(Fault) -> String? {
        try Directory.check(name)
        var buffer = [CChar](repeating: 0, count: 4097)
        let count = unsafe readlinkat(raw, name, &buffer, buffer.count)
        if count < 0, errno == ENOENT { return nil }
        guard count >= 0 else { throw systemFault("cannot read the link \(path)/\(name)") }
        let bytes = buffer[..<count].map { UInt8(bitPattern: $0) }
        guard let target = String(validating: bytes, as: UTF8.self) else {
            throw Fault(.storeDamaged, "The link \(path)/\(name) does not hold a UTF-8 path.")
        }
        return target
    }

    /// What stands behind a name, links not followed; `nil` where it does not exist.
    public func info(_ name: String) throws(Fault) -> EntryInfo? {
        try Directory.check(name)
        var status = stat()
        if unsafe fstatat(raw, name, &status, AT_SYMLINK_NOFOLLOW) == 0 { return EntryInfo(status) }
        guard errno == ENOENT else { throw systemFault("cannot look at \(path)/\(name)") }
        return nil
    }

    /// Removes a file or link; a name that does not exist is no error.
    public func remove(_ name: String) throws(Fault) {
        try Directory.check(name)
        guard unsafe unlinkat(raw, name, 0) == 0 || errno == ENOENT else {
            throw systemFault("cannot remove \(path)/\(name)")
        }
    }

    /// Makes the directory's own entries durable.
    public func sync() throws(Fault) {
        guard !Protection.directorySync.isOff else { return }
        try descriptor.syncAlways("the directory \(path)")
    }

    /// Gives the directory itself to another owner; as root only.
    public func chown(owner: UInt32, group: UInt32) throws(Fault) {
        guard fchown(raw, owner, group) == 0 else {
            throw systemFault("cannot give \(path) to user \(owner)")
        }
    }

    /// Sets the directory's own permission bits, whatever the umask.
    ///
    /// One that has them already is left alone, so that it may stand on a read-only file system.
    public func chmod(_ mode: UInt32) throws(Fault) {
        guard try info().mode != mode else { return }
        guard fchmod(raw, mode_t(mode)) == 0 else {
            throw systemFault("cannot set the mode of \(path)")
        }
    }

    /// What this directory itself is.
    public func info() throws(Fault) -> EntryInfo { try descriptor.info(path) }

    static func check(_ name: String) throws(Fault) {
        guard isComponent(name) else {
            throw Fault(.internalError, "“\(name)” is not a single name below a directory.")
        }
    }

    /// Whether `name` is one path component that names something below a directory.
    public static func isComponent(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && name.utf8.count <= 255
            && !name.utf8.contains(UInt8(ascii: "/")) && !name.utf8.contains(0)
    }
}
