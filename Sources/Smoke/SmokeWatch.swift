internal import Bundle
internal import Faults
internal import Processes

/// A program under watch: it is ended when it passes a limit, and with this owner at the latest.
///
/// Everything happens on the caller's thread: whoever waits for something calls ``tick()`` about
/// every 20 ms, which takes up output, samples memory and looks at every limit.
final class SmokeWatch {
    private var child: ChildProcess
    private let deadline: Deadline
    private let deadlineMilliseconds: Int
    private let memory: SmokeMemory?
    private let checkpoint: () throws(Fault) -> Void
    private let usedByWork: () throws(Fault) -> (bytes: Int, entries: Int)?
    private var nextSample = Duration.zero
    private var nextCount = Duration.zero
    /// The highest memory seen, in bytes; `nil` before the first sample.
    private(set) var peak: Int?

    /// How often memory is sampled.
    private static let interval = Duration.milliseconds(15)

    /// Starts the program.
    ///
    /// - Parameters:
    ///   - command: what to start.
    ///   - specification: its limits.
    ///   - deadline: when the whole run must be over.
    ///   - usedByWork: what an unmounted work directory holds; `nil` where the kernel bounds it.
    ///   - checkpoint: throws when the run is to be given up.
    /// - Throws: a `Fault` where it cannot be started.
    init(
        _ command: Command, _ specification: SmokeSpecification, deadline: Deadline,
        usedByWork: @escaping () throws(Fault) -> (bytes: Int, entries: Int)?,
        checkpoint: @escaping () throws(Fault) -> Void
    ) throws(Fault) {
        child = try ChildProcess.start(command)
        self.deadline = deadline
        deadlineMilliseconds = specification.deadline
        memory = specification.memory
        self.usedByWork = usedByWork
        self.checkpoint = checkpoint
    }

    /// The last that it printed.
    var outputTail: String { child.outputTail }
    /// A path of its own work directory, good in this process; `nil` where it has none.
    var workPath: String? { child.workPath }
    /// Whether all of `/` is read-only for it.
    var wholeTreeReadOnly: Bool { child.wholeTreeReadOnly }
    /// How it ended, if it has.
    var status: ExitStatus? { child.status }
    /// What is left until the run's deadline, in whole milliseconds, at least one.
    var remainingMilliseconds: Int { max(1, Int(clamping: deadline.remaining.milliseconds)) }

    /// Looks at every limit.
    ///
    /// - Throws: the `Fault` of the limit that was passed; the program's own end is none.
    func tick() throws(Fault) {
        try checkpoint()
        try child.pump()
        try sample()
        try measureWork()
        guard !deadline.passed else {
            throw Fault(
                .smokeDeadline,
                "The smoke run was not over within its deadline of \(deadlineMilliseconds) ms.",
                advice: "Allow more time, or measure fewer runs.")
        }
    }

    /// Waits a little, or until the program ends.
    func pause(_ duration: Duration) throws(Fault) {
        try child.wait(until: min(Deadline(after: duration), deadline))
    }

    /// Ends the program and all that it started.
    func end() throws(Fault) {
        try child.end()
    }

    private func sample() throws(Fault) {
        guard child.status == nil, BootClock.now >= nextSample else { return }
        nextSample = BootClock.now + SmokeWatch.interval
        let now = try child.memory()
        // Between the end and its being noticed nothing is left to measure.
        guard now.processes > 0 else { return }
        peak = max(peak ?? 0, now.peak)
        guard let memory, let peak, peak > memory.limit else { return }
        throw Fault(
            .smokeMemory,
            "The program used \(peak) bytes (\(memory.metric.rawValue)); its limit is "
                + "\(memory.limit).",
            advice: "Give it a smaller model, or raise the limit if the machine has the memory.")
    }

    private func measureWork() throws(Fault) {
        guard child.status == nil, BootClock.now >= nextCount else { return }
        nextCount = BootClock.now + .milliseconds(100)
        let full: Bool
        if let space = try child.workSpace() {
            full = space == 0
        } else if let used = try usedByWork() {
            full = used.bytes > SmokeWork.limit || used.entries > SmokeWork.entries
        } else {
            full = false
        }
        guard full else { return }
        throw Fault(
            .smokeFailed,
            "The program filled its work directory of \(SmokeWork.limit) bytes and "
                + "\(SmokeWork.entries) entries.",
            advice: "A smoke run must not store much.")
    }
}
