/// Everything that decides how a child process runs.
///
/// Nothing is inherited that is not said here: the environment is exactly ``environment``, standard
/// input is `/dev/null`, every other descriptor is closed, signal handlers and mask are the default.
public struct Command: Sendable {
    /// The program's absolute path; ``ExecutableSearch`` finds one by name.
    public var executable: String
    /// What follows the program's own name.
    public var arguments: [String]
    /// The whole environment.
    public var environment: [String: String]
    /// The absolute path that it starts in, entered with the program's own permissions.
    public var directory: String
    /// Whom it runs as.
    public var identity: ProcessIdentity
    /// What the kernel lets it use.
    public var limits: ProcessLimits
    /// How what it starts is kept together.
    public var containment: Containment
    /// Where its standard output and error go.
    public var output: ProcessOutput
    /// The mask for the modes of files that it makes.
    public var mask: UInt32
    /// Whether it may gain privileges by executing set-user-id programs.
    public var mayGainPrivileges: Bool
    /// Whether the kernel ends it first when memory runs out (`oom_score_adj` 1000).
    public var firstToDie: Bool

    /// Makes a command with careful defaults.
    public init(
        executable: String, arguments: [String] = [], environment: [String: String] = [:],
        directory: String = "/", identity: ProcessIdentity = .effective,
        limits: ProcessLimits = ProcessLimits(), containment: Containment = .tree,
        output: ProcessOutput = .captured(tail: 16384), mask: UInt32 = 0o022,
        mayGainPrivileges: Bool = false, firstToDie: Bool = false
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.identity = identity
        self.limits = limits
        self.containment = containment
        self.output = output
        self.mask = mask
        self.mayGainPrivileges = mayGainPrivileges
        self.firstToDie = firstToDie
    }
}

/// Whom a child process runs as; always for good, with no saved identity to go back to.
public enum ProcessIdentity: Sendable, Equatable {
    /// The effective user and group of this process.
    case effective
    /// Root, which this process must be or be able to become again.
    case root
    /// Another user, with exactly these supplementary groups; needs what ``root`` needs.
    case user(UInt32, group: UInt32, supplementary: [UInt32] = [])
}

/// Where a child's standard output and error go.
public enum ProcessOutput: Sendable {
    /// To this process, which keeps the last `tail` bytes.
    case captured(tail: Int)
    /// To this process, which takes them up by ``ChildProcess/takeOutput()``; at most `limit` bytes
    /// wait for it, and then the child waits.
    case streamed(limit: Int)
    /// Where this process's own go.
    case inherited
}

/// Resource limits of a child process (`setrlimit`, soft and hard); `nil` leaves the inherited one.
public struct ProcessLimits: Sendable {
    /// The largest file that it may write, in bytes.
    public var fileSize: UInt64?
    /// The most descriptors that it may have open.
    public var files: UInt64?
    /// The most processes and threads of its user.
    public var processes: UInt64?
    /// The most private writable memory of one process, in bytes of address space.
    public var data: UInt64?
    /// The most processor time of one process, in seconds.
    public var processor: UInt64?

    /// Makes limits; core files are always off.
    public init(
        fileSize: UInt64? = nil, files: UInt64? = nil, processes: UInt64? = nil,
        data: UInt64? = nil, processor: UInt64? = nil
    ) {
        self.fileSize = fileSize
        self.files = files
        self.processes = processes
        self.data = data
        self.processor = processor
    }
}
