internal import DurableFiles
internal import Faults
internal import Glibc

/// Where a start failed; the numbers are those of `cprocess.h`.
enum StartStep: Int32 {
    case parent = 10
    case vanished, descriptors, root, namespaces, keeper, privateMounts, readOnly, work, proc
    case session, limits, oom, user, privileges, directory, execute

    /// The fault of a failed start.
    static func fault(_ raw: Int32, error: Int32, _ command: Command) -> Fault {
        let cause = unsafe String(cString: strerror(error))
        guard let step = StartStep(rawValue: raw) else {
            return Fault(.internalError, "A start failed at the unknown step \(raw).", cause: cause)
        }
        switch step {
        case .root:
            return Fault(
                .isolationUnavailable, "Starting \(command.executable) needs root to begin with.",
                advice: IsolationSupport.advice, cause: cause)
        // A machine that does not let limits be set says nothing about the program.
        case .namespaces, .privateMounts, .readOnly, .work, .proc, .limits:
            return Fault(
                .isolationUnavailable,
                "\(command.executable) cannot be isolated: \(step.refusal).",
                advice: IsolationSupport.advice, cause: cause)
        case .directory:
            return systemFault(
                "\(command.executable) cannot start in \(command.directory) as its user",
                error: error)
        case .execute where error == ENOENT || error == ENOTDIR:
            return Fault(
                .notFound, "\(command.executable) cannot be executed: it is not there.",
                advice: "Check the path, and that its interpreter or dynamic loader exists here.",
                cause: cause)
        case .execute where error == ENOEXEC:
            return Fault(
                .unsupported,
                "\(command.executable) cannot be executed: the kernel does not know its format.",
                advice: "Check that it was built for this processor, or begins with “#!”.",
                cause: cause)
        case .execute:
            return Fault(
                .permission, "\(command.executable) cannot be executed.",
                advice: "Check its mode, and that its user may enter every directory above it.",
                cause: cause)
        default:
            return Fault(
                .storage, "\(command.executable) cannot be started: \(step.refusal).", cause: cause)
        }
    }

    private var refusal: String {
        switch self {
        case .parent: "the kernel refused a pipe, a process or a descriptor"
        case .vanished: "the process that was to start it is gone"
        case .descriptors: "its standard input and output cannot be set up"
        case .root: "root cannot be regained"
        case .namespaces: "the kernel refused new namespaces"
        case .keeper: "its keeper cannot be set up"
        case .privateMounts: "the mounts cannot be made private"
        case .readOnly: "the file systems cannot be made read-only"
        case .work: "its work directory cannot be mounted"
        case .proc: "/proc cannot be mounted"
        case .session: "it cannot have a session of its own"
        case .limits: "its limits cannot be set"
        case .oom: "/proc/self/oom_score_adj cannot be written"
        case .user: "its user or groups cannot be set"
        case .privileges: "it cannot be kept from gaining privileges"
        case .directory: "its directory cannot be entered"
        case .execute: "it cannot be executed"
        }
    }
}
