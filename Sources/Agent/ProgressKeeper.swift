internal import Faults
internal import Processes
internal import Slots
internal import StrictJSON

/// Keeps how far a probation has come; a disk that does not take it costs time, not the version.
final class ProgressKeeper {
    private(set) var progress: ProbationProgress
    private let reporter: any Reporter
    private let command: String
    private var next: Deadline?
    private var isReset = false
    private var hasWarned = false

    /// The least time between two writes that nothing hurries.
    private static let interval = Duration.seconds(5)

    init(_ progress: ProbationProgress, command: String, reporter: any Reporter) {
        self.progress = progress
        self.command = command
        self.reporter = reporter
    }

    /// Takes over what the policy has counted, and writes it where it is time to.
    func note(_ policy: ProbationPolicy, _ store: borrowing Store, now: Bool) {
        progress.watched = policy.watched
        progress.unhealthy = policy.unhealthy
        if now || next?.passed ?? true { write(store) }
    }

    /// Counts the unit's restarts.
    func count(_ restarts: Int) { progress.count(restarts) }

    /// Notes that the application was restarted, and what its unit counted then.
    func wasRestarted(_ store: borrowing Store, unit: UnitReport?) {
        progress.restarted = true
        progress.seenRestarts = unit?.restarts ?? 0
        write(store)
    }

    /// Forgets the boots that failed before, once.
    func wasHealthy(_ store: borrowing Store) {
        guard !isReset else { return }
        do throws(Fault) {
            try store.resetAttempts(of: progress.slot, command)
            isReset = true
        } catch {
            warn(error)
        }
    }

    /// Writes it.
    func write(_ store: borrowing Store) {
        next = Deadline(after: ProgressKeeper.interval)
        do throws(Fault) {
            try store.writeState(ProbationProgress.file, progress.json.pretty)
        } catch {
            warn(error)
        }
    }

    private func warn(_ fault: Fault) {
        guard !hasWarned else { return }
        hasWarned = true
        reporter.say(
            "How far the probation has come cannot be kept: \(fault.message)", event: "warning")
    }
}
