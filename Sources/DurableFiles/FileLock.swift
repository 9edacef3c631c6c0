public import Faults
internal import Glibc

/// An exclusive lock on a file (`flock`), held until it goes or the process ends.
///
/// Pid and command stand in the file as information for people; only the kernel's lock counts, so
/// a file that a crash left behind holds nothing.
@safe
public struct FileLock: ~Copyable, Sendable {
    private let descriptor: Descriptor

    /// The descriptor that holds it, for another process that shall hold it too; borrowed.
    public var raw: Int32 { descriptor.raw }

    /// Takes the lock if nobody holds it.
    ///
    /// - Parameters:
    ///   - name: the lock file, made where it does not exist.
    ///   - directory: where it stands.
    ///   - holder: what to write for people: the command, no secrets.
    ///   - patience: how long to wait for another holder, in milliseconds.
    ///   - readOnly: whether a lock that exists on a read-only file system is taken too.
    /// - Returns: the lock.
    /// - Throws: a `Fault` of code `busy` that says who holds it.
    public static func take(
        _ name: String, in directory: borrowing Directory, holder: String, patience: Int = 0,
        readOnly: Bool = false
    ) throws(Fault) -> FileLock {
        let flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        var raw = unsafe openat(directory.raw, name, O_RDWR | O_CREAT | flags, mode_t(0o600))
        if raw < 0, [EISDIR, ENXIO, ELOOP].contains(errno) {
            // No file stands there, which nobody holds either; it must not keep a machine from all.
            let aside = "\(name).damaged"
            if unsafe renameat(directory.raw, name, directory.raw, aside) == 0 {
                raw = unsafe openat(
                    directory.raw, name, O_RDWR | O_CREAT | flags, mode_t(0o600))
            }
        }
        if raw < 0, errno == EROFS, readOnly {
            raw = unsafe openat(directory.raw, name, O_RDONLY | flags)
        }
        guard raw >= 0 else { throw systemFault("cannot open the lock \(directory.path)/\(name)") }
        let descriptor = Descriptor(owning: raw)
        // Whoever may open the file may lock it; those of earlier releases were for all to read.
        if try descriptor.info(name).mode & 0o077 != 0 { _ = fchmod(raw, 0o600) }
        var waited = 0
        while flock(descriptor.raw, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            guard !Protection.lock.isOff else { break }
            guard errno == EWOULDBLOCK else {
                throw systemFault("cannot lock \(directory.path)/\(name)")
            }
            guard waited < patience else {
                throw Fault(
                    .busy,
                    "Another command holds \(directory.path)/\(name): \(reader(descriptor)).",
                    advice: "Wait until it has ended, or end it.")
            }
            usleep(20_000)
            waited += 20
        }
        // Information only: a full disk must not keep a rollback from its lock.
        let text = Array("pid \(getpid()), \(holder)\n".utf8)
        _ = ftruncate(descriptor.raw, 0)
        _ = unsafe text.withUnsafeBytes {
            unsafe pwrite(descriptor.raw, $0.baseAddress, $0.count, 0)
        }
        return FileLock(descriptor: descriptor)
    }

    /// Who holds a lock, or `nil` where nobody does; waits for nobody.
    public static func holder(_ name: String, in directory: borrowing Directory) -> String? {
        let raw = unsafe openat(directory.raw, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard raw >= 0 else { return nil }
        let descriptor = Descriptor(owning: raw)
        // A shared lock, so that two onlookers do not take each other for holders.
        guard flock(descriptor.raw, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else {
            return nil
        }
        return reader(descriptor)
    }

    private static func reader(_ descriptor: borrowing Descriptor) -> String {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = (try? descriptor.read(at: 0, into: &bytes, count: 512, "a lock")) ?? 0
        let text = String(decoding: bytes[..<count].prefix { $0 >= 0x20 }, as: UTF8.self)
        return text.isEmpty ? "an unknown process" : text
    }

    private init(descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }
}
