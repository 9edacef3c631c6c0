internal import CProcess
internal import DurableFiles
public import Faults
internal import Glibc

/// The one owner of a running child process; when it goes, the child is ended and reaped.
///
/// Whoever owns it calls ``pump()`` or a waiting method often enough that the child is not held up
/// by a full output pipe (64 KiB). The process must not be reaped by anybody else: nothing in the
/// program waits for "any child".
@safe
public struct ChildProcess: ~Copyable {
    private let pid: pid_t
    private let program: pid_t
    private let containment: Containment
    private let exit: Descriptor
    private let control: OptionalDescriptor
    private var output: OptionalDescriptor
    private let work: OptionalDescriptor
    private var tail: OutputTail
    private var stream: [UInt8] = []
    private let streamLimit: Int
    private let name: String
    /// How it ended, once that is known.
    public private(set) var status: ExitStatus?
    /// Whether all of `/` is read-only for it, or only the paths given (Linux before 5.12).
    public let wholeTreeReadOnly: Bool

    private init(_ command: Command, _ started: cprocess_started) {
        pid = started.pid
        program = started.program
        containment = command.containment
        exit = Descriptor(owning: started.pidfd)
        control = OptionalDescriptor(owning: started.control)
        output = OptionalDescriptor(owning: started.output)
        work = OptionalDescriptor(owning: started.work)
        name = command.executable
        switch command.output {
        case .captured(let limit): (tail, streamLimit) = (OutputTail(limit: limit), 0)
        case .streamed(let limit): (tail, streamLimit) = (OutputTail(limit: 0), limit)
        case .inherited: (tail, streamLimit) = (OutputTail(limit: 0), 0)
        }
        if case .namespaces = command.containment {
            wholeTreeReadOnly = started.read_only_part == 0
        } else {
            wholeTreeReadOnly = false
        }
    }

    /// Starts a process; when this returns, the program's own image runs.
    ///
    /// - Throws: a `Fault`: `isolation-unavailable` where namespaces or another user cannot
    ///   be had, `not-found`, `permission` or `unsupported` where the program cannot be executed.
    public static func start(_ command: Command) throws(Fault) -> ChildProcess {
        let plan = try SpawnPlan.make(command)
        return ChildProcess(command, try plan.start(command))
    }

    deinit {
        guard status == nil else { return }
        ChildProcess.signalEnd(pid, program, control: control.raw, containment)
        if ChildProcess.hasEnded(exit.raw, within: Deadline(after: .seconds(10))) {
            _ = cprocess_reap(pid)
        }
    }

    /// The last bytes that it printed, as text that is safe to show.
    public var outputTail: String { tail.text }

    /// Takes what it printed since the last call; empty unless its output is `streamed`.
    public mutating func takeOutput() -> [UInt8] {
        let taken = stream
        stream = []
        return taken
    }

    /// What becomes readable when it prints or ends, to be waited for and not read.
    public var descriptors: [Int32] { [exit.raw, output.raw] }

    /// Asks it to end, as a person would by Ctrl-C (`SIGTERM` to its process group).
    public func askToEnd() {
        guard status == nil else { return }
        _ = cprocess_signal_group(program > 0 ? program : pid, SIGTERM)
    }

    /// How many bytes it printed that were read so far.
    public var outputBytes: Int { tail.total }

    /// A path of its work directory that is good in this process, while this owner lives.
    public var workPath: String? {
        work.raw < 0 ? nil : "/proc/self/fd/\(work.raw)"
    }

    /// The space left in its work directory, in bytes; `nil` where it has none of its own.
    public func workSpace() throws(Fault) -> UInt64? {
        guard work.raw >= 0 else { return nil }
        var space = statvfs()
        guard unsafe fstatvfs(work.raw, &space) == 0 else {
            throw systemFault("cannot ask a work directory for its free space")
        }
        // Entries run out too.
        return space.f_ffree == 0 ? 0 : UInt64(space.f_bavail) * UInt64(space.f_frsize)
    }

    /// Takes up what it printed and looks whether it has ended, without waiting.
    ///
    /// - Returns: how it ended; `nil` while it runs.
    /// - Throws: a `Fault` where it cannot be reaped.
    @discardableResult
    public mutating func pump() throws(Fault) -> ExitStatus? {
        try wait(until: Deadline(after: .zero))
    }

    /// Waits until it has ended, taking up what it prints.
    ///
    /// - Parameter deadline: when to stop waiting; the process then still runs.
    /// - Returns: how it ended; `nil` where the deadline came first.
    /// - Throws: a `Fault` where it cannot be reaped.
    @discardableResult
    public mutating func wait(until deadline: Deadline) throws(Fault) -> ExitStatus? {
        while status == nil {
            drain()
            var waiting = [
                pollfd(fd: exit.raw, events: Int16(POLLIN), revents: 0),
                pollfd(fd: output.raw, events: Int16(POLLIN), revents: 0),
            ]
            let count = unsafe poll(&waiting, nfds_t(waiting.count), deadline.pollTimeout)
            guard count >= 0 || errno == EINTR else { throw systemFault("cannot wait for \(name)") }
            if waiting[0].revents != 0 {
                drain()
                try reap()
            } else if deadline.passed {
                break
            }
        }
        return status
    }

    /// Ends it with all that belongs to it by its ``Containment``, and reaps it.
    ///
    /// - Returns: how it ended.
    /// - Throws: a `Fault` of code `busy` where the kernel still holds a process of it
    ///   after ten seconds (a driver that hangs).
    @discardableResult
    public mutating func end() throws(Fault) -> ExitStatus {
        if let status { return status }
        ChildProcess.signalEnd(pid, program, control: control.raw, containment)
        guard let status = try wait(until: Deadline(after: .seconds(10))) else {
            throw Fault(
                .busy, "\(name) was killed, but the kernel still holds one of its processes.",
                advice: "A device driver may hang; a reboot ends it.")
        }
        return status
    }

    /// Memory of all its processes, the keeper left out.
    ///
    /// - Throws: a `Fault` where `/proc` hides them from this process.
    public func memory() throws(Fault) -> ProcessMemory {
        if case .group = containment { return try ProcessMemory.of(tree: pid, withRoot: true) }
        return try ProcessMemory.of(tree: pid, withRoot: false)
    }

    private mutating func drain() {
        let raw = output.raw
        guard raw >= 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 65536)
        // Bounded, so that a process that prints without end does not hold us here.
        for _ in 0..<32 where streamLimit == 0 || stream.count < streamLimit {
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe read(raw, $0.baseAddress, $0.count)
            }
            if count > 0 {
                tail.append(buffer[..<count])
                if streamLimit > 0 { stream += buffer[..<count] }
            } else if count == 0 {
                output = OptionalDescriptor(owning: -1)
                return
            } else if errno != EINTR {
                return
            }
        }
    }

    private mutating func reap() throws(Fault) {
        // The keeper told before it ended; without a word it was killed, and so was the program.
        let told = control.raw < 0 ? nil : cprocess_told(control.raw)
        let own = cprocess_reap(pid)
        guard own != -1 else {
            throw systemFault("cannot learn how \(name) ended")
        }
        if case .tree = containment, told == -1, program > 0 {
            // It may be root's, as its keeper was.
            _ = cprocess_kill_group(program)
        }
        switch told {
        case nil: status = ExitStatus(waitStatus: own)
        case .some(-1): status = .signalled(SIGKILL)
        case .some(let word): status = ExitStatus(waitStatus: word)
        }
    }

    /// Tells whatever ends the whole to do so.
    private static func signalEnd(
        _ pid: pid_t, _ program: pid_t, control: Int32, _ containment: Containment
    ) {
        switch containment {
        case .group:
            // The process is its group's leader; the group is gone when it is.
            _ = cprocess_kill_group(pid)
        case .tree, .namespaces:
            // The keeper may be root's, and then a signal of ours would not reach it.
            _ = shutdown(control, Int32(SHUT_RDWR))
        }
    }

    private static func hasEnded(_ descriptor: Int32, within deadline: Deadline) -> Bool {
        while true {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let count = unsafe poll(&waiting, 1, deadline.pollTimeout)
            if count > 0 { return true }
            guard count == 0 || errno == EINTR, !deadline.passed else { return false }
        }
    }
}
