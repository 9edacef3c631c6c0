internal import Faults
internal import Processes
internal import Slots
internal import StrictJSON
internal import Telemetry

/// Watches the model of a version on probation, beside the probe.
final class DriftGuard {
    /// What it has to say.
    enum Standing: Equatable {
        /// Nothing speaks against the version.
        case clear
        /// Too little was seen, in words.
        case undecided(String)
        /// The model is worse than its reference, for this reason.
        case worse(String)
    }

    /// The longest time between two looks.
    private static let most = Duration.seconds(60)

    private var look: HealthLook
    private let command: String
    private let interval: Duration
    /// For how long a probation goes on for want of predictions, in milliseconds.
    let longest: Int64
    /// What the version counts as then.
    let undecided: DriftLimits.Undecided
    private var next = Deadline(after: .zero)
    private var nextWord = Deadline(after: .zero)
    private(set) var state: HealthState?

    /// Begins to watch; `nil` where the version has no reference, or the machine nothing to look at.
    ///
    /// - Parameters:
    ///   - look: looks at the version.
    ///   - settings: the machine's word.
    ///   - probe: the time between two probes, in milliseconds.
    ///   - command: who watches, for the lock.
    init?(
        _ look: consuming HealthLook, _ settings: TelemetrySettings, probe: Int64, command: String
    ) {
        guard let reference = look.reference, look.isPossible else { return nil }
        self.look = look
        self.command = command
        longest = settings.longest ?? reference.limits.longest
        undecided = settings.undecided ?? reference.limits.undecided
        // Ten times as often as afterwards: somebody waits for the verdict.
        interval = min(
            DriftGuard.most, max(.milliseconds(probe), .milliseconds(settings.interval * 100)))
    }

    /// Looks where it is time to.
    ///
    /// What could not be kept is looked at again; the probe says whether the application lives.
    ///
    /// - Returns: what there is to say now.
    /// - Throws: what `checkpoint` throws.
    func standing(
        _ store: borrowing Store, checkpoint: () throws(Fault) -> Void
    ) throws(Fault) -> Standing {
        if next.passed {
            next = Deadline(after: interval)
            do throws(Fault) {
                state = try look.look(
                    store, least: 0, command: command, checkpoint: checkpoint)
            } catch {
                try checkpoint()
            }
        }
        switch state?.verdict {
        case .good, .shifted: return .clear
        case .worse(let reasons):
            let words = reasons.joined(separator: "; ")
            return .worse("its model is worse than its reference: \(words)")
        case .undecided:
            if let problem = state?.problem, !problem.isEmpty {
                return .undecided("its model's metrics cannot be read: \(problem)")
            }
            return .undecided(state?.wait ?? "too little was seen")
        case nil: return .undecided("its model was not looked at yet")
        }
    }

    /// Says now and then that predictions are waited for: silence would be taken for a hang.
    func tellWaiting(_ reporter: any Reporter, _ why: String, left: Int64) {
        guard nextWord.passed else { return }
        nextWord = Deadline(after: .seconds(300))
        reporter.say(
            "The application was healthy for its probation; nothing can be said of its model yet: "
                + "\(why). It is watched for at most \(left / 1000) s more.",
            event: "undecided",
            facts: [("reason", .string(why)), ("left", .integer(left))])
    }

    /// What is kept of it in the slot's record.
    var report: JSONValue {
        .members([
            ("verdict", .string(state?.verdict?.name ?? "undecided")),
            ("samples", .integer(state?.totals.samples ?? 0)),
            ("figures", state?.judge?.figures?.json),
        ])
    }
}
