internal import Bundle
internal import Faults
internal import Processes

/// A version's program while it runs, with its work directory and the watch over it.
///
/// It ends with this owner at the latest; who wants to know how calls the watch's `end()` before.
struct StartedProgram: ~Copyable {
    private let work: SmokeWork
    /// The watch over it.
    let watch: SmokeWatch
    /// The socket's path in this process.
    let socket: String
    /// Whether it runs in namespaces of its own.
    let isIsolated: Bool

    /// Starts the program.
    ///
    /// - Parameters:
    ///   - specification: what is started, and its limits.
    ///   - configuration: what the machine allows.
    ///   - tree: absolute path of the tree that it is started from.
    ///   - checkpoint: called about every 20 ms; what it throws ends the run.
    /// - Throws: a `Fault`, of a `smoke-…` code where the program cannot be started.
    init(
        _ specification: SmokeSpecification, _ configuration: SmokeConfiguration, tree: String,
        checkpoint: @escaping () throws(Fault) -> Void
    ) throws(Fault) {
        // The mount point of an isolated program's own tmpfs is nobody else's to write.
        let work = try SmokeWork(in: configuration.runtimeDirectory, mode: 0o755)
        let path = work.path
        let launch = SmokeLaunch(specification, configuration, slot: tree, work: path)
        let deadline = Deadline(after: .milliseconds(specification.deadline))
        let counter: () throws(Fault) -> (bytes: Int, entries: Int)? =
            launch.isolated
            ? { () throws(Fault) in nil } : { () throws(Fault) in try SmokeWork.used(at: path) }
        let watch: SmokeWatch
        do throws(Fault) {
            watch = try SmokeWatch(
                try launch.command(socket: work.socket), specification, deadline: deadline,
                usedByWork: counter, checkpoint: checkpoint)
        } catch {
            throw StartedProgram.startFault(error)
        }
        socket = watch.workPath.map { $0 + "/socket" } ?? work.socket
        isIsolated = launch.isolated
        self.watch = watch
        self.work = work
    }

    /// A program that cannot be started is the version's failing, unless isolation is.
    private static func startFault(_ fault: Fault) -> Fault {
        switch fault.code {
        case .isolationUnavailable, .internalError, .noSpace, .configuration: fault
        default:
            Fault(.smokeFailed, fault.message, advice: fault.advice, cause: fault.cause)
        }
    }
}
