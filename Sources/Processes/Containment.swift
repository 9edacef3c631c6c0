/// How what a program starts is kept together, and what happens to it at the end.
public enum Containment: Sendable {
    /// A session of its own; what it leaves running when it ends goes on.
    ///
    /// For restart commands, which may start the application in the background. Killing the command
    /// kills its process group; a process that left the group goes on.
    case group

    /// Below a keeper that ends every descendant when the program ends, is killed, or this process
    /// dies.
    ///
    /// The keeper is the subreaper, so that a double fork or `setsid` does not get away. It needs
    /// no privileges. A descendant of another user that the keeper may not signal gets away.
    case tree

    /// In new pid, mount, network, IPC and host-name namespaces, below a keeper that is pid 1.
    ///
    /// When the program ends, is killed, or this process dies, the kernel ends all that is in the
    /// namespaces. Needs root, or that root can be regained.
    case namespaces(Isolation)
}

/// What a program in namespaces of its own sees of the machine.
///
/// All of `/` is read-only and set-user-id bits have no effect; device nodes stay usable. Its only
/// network interface is its own loopback; unix sockets in the file system that its user may open stay
/// reachable. `/proc` shows its own processes, `/dev/shm` is an empty tmpfs of 64 MiB.
public struct Isolation: Sendable {
    /// The one directory that it can write to, if any.
    public var work: WorkDirectory?
    /// What must be read-only even on Linux before 5.12, which cannot make all of `/` so.
    public var readOnly: [String]
    /// Whether to do as on Linux before 5.12; for tests.
    var oldMounts = false

    /// Makes an isolation.
    public init(work: WorkDirectory? = nil, readOnly: [String] = []) {
        self.work = work
        self.readOnly = readOnly
    }
}

/// A writable directory in memory (tmpfs) that exists in the program's namespace alone.
///
/// From outside it is reached through ``ChildProcess/workPath``. It belongs to the given user, and
/// to this process's effective group, which may write too.
public struct WorkDirectory: Sendable {
    /// An existing directory that it is mounted over.
    public var path: String
    /// The most that it holds, in bytes; the kernel refuses more.
    public var bytes: UInt64
    /// The most files and directories in it.
    public var entries: UInt64
    /// Its owner.
    public var owner: UInt32

    /// Makes a description.
    public init(path: String, bytes: UInt64, entries: UInt64 = 4096, owner: UInt32) {
        self.path = path
        self.bytes = bytes
        self.entries = entries
        self.owner = owner
    }
}
