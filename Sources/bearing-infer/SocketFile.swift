internal import Faults
internal import Glibc

/// The place of a unix socket in the file system.
struct SocketFile {
    /// The longest path that FlyingFox binds to, in bytes.
    static let longestPath = 104

    let path: String

    /// Makes room for a socket: removes one that a dead process left.
    ///
    /// - Throws: a `Fault` of code `busy` where a process listens there, `storage` where
    ///   something else than a socket stands there.
    func clear() throws(Fault) {
        guard !path.isEmpty, path.utf8.count <= Self.longestPath else {
            throw Fault(
                .configuration,
                "The socket's path has \(path.utf8.count) bytes; 1 to \(Self.longestPath) are "
                    + "possible.", advice: "Use a shorter path, or one from the working directory.")
        }
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw fault("look at \(path)") }
            return
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw Fault(
                .storage, "\(path) is there already and is no socket.",
                advice: "Choose another path for --socket; this file is not touched.")
        }
        guard try !isServed() else {
            throw Fault(
                .busy, "A process listens at \(path) already.",
                advice: "Stop it, or choose another path for --socket.")
        }
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw fault("remove the old socket \(path)")
        }
    }

    /// What stands at the path now, so that ``remove(_:)`` removes that and nothing else.
    func identity() -> FileIdentity? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        return FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    /// Removes the socket, unless another process has put its own in its place.
    func remove(_ mine: FileIdentity?) {
        guard let mine, mine == identity() else { return }
        _ = unsafe unlink(path)
    }

    private func isServed() throws(Fault) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC | O_NONBLOCK, 0)
        guard descriptor >= 0 else { throw fault("make a socket") }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
            unsafe room.copyBytes(from: path.utf8)
        }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if result == 0 || errno == EAGAIN { return true }
        guard errno == ECONNREFUSED || errno == ENOENT else {
            throw fault("tell whether a process listens at \(path)")
        }
        return false
    }

    private func fault(_ what: String) -> Fault {
        let number = errno
        let text = unsafe String(cString: strerror(number))
        return Fault(
            number == EACCES || number == EPERM ? .permission : .storage,
            "Cannot \(what).", cause: text)
    }
}

/// Which file a path named at some time.
struct FileIdentity: Equatable {
    let device: UInt64
    let inode: UInt64
}
