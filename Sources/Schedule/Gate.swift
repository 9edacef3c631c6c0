// Schedule: when something may be done: windows, inhibitors, the gate over them, waits between
// attempts. The values decide without I/O; Inhibitor and MachineZone alone ask the machine.

/// Whether a step may be taken now: the one place where windows, inhibitors, the person and the
/// server come together.
///
/// All must allow. What is forced passes the machine's own windows and nothing else.
public struct Gate: Sendable, Equatable {
    /// The steps that are asked for.
    public enum Stage: Sendable, Equatable {
        /// Fetching a version and proving it in the spare slot.
        case fetch
        /// Swapping it in.
        case swap
    }

    /// What a person has said.
    public enum Confirmation: Sendable, Equatable {
        /// Nobody has to be asked.
        case notNeeded
        /// A person has allowed it.
        case given
        /// Nobody has answered yet.
        case awaited
    }

    /// The server's own maintenance window.
    public enum ServerWindow: Sendable, Equatable {
        /// The server has none.
        case none
        /// It is open.
        case available
        /// It is closed: a version may be fetched and not swapped in.
        case unavailable
    }

    /// What it decides.
    public enum Answer: Sendable, Equatable {
        /// The step may be taken.
        case open
        /// It may not.
        ///
        /// - reasons: all of them, for people; not empty.
        /// - recheck: when to ask again, in seconds from now: 1 to 900.
        case closed(reasons: [String], recheck: Int64)
    }

    /// The longest time until it is asked again, in seconds: clocks are set, and files come and go.
    static let longest: Int64 = 900
    /// The shortest time until it is asked again, in seconds.
    public static let soonest: Int64 = 1
    /// How long until an inhibitor is asked again, in seconds.
    static let inhibited: Int64 = 60

    /// The step.
    public var stage: Stage
    /// The moment, in seconds since 1970.
    public var now: Int64
    /// Whether the machine's own windows are passed over.
    public var isForced = false
    /// The state of the windows for this step.
    public var window = WindowState.open(until: nil)
    /// What the inhibitors answered.
    public var inhibitors: [InhibitorAnswer] = []
    /// Whether inhibitors hold back fetching too.
    public var inhibitsFetch = false
    /// What a person has said.
    public var confirmation = Confirmation.notNeeded
    /// The server's window.
    public var server = ServerWindow.none

    /// Makes a gate that is open for a step; the rest is set by who knows it.
    ///
    /// - Parameters:
    ///   - stage: the step.
    ///   - now: the moment, in seconds since 1970.
    public init(_ stage: Stage, now: Int64) {
        self.stage = stage
        self.now = now
    }

    /// Whether inhibitors need to be asked at all for a step.
    ///
    /// - Parameters:
    ///   - stage: the step.
    ///   - inhibitsFetch: whether they hold back fetching too.
    /// - Returns: whether their answers count.
    public static func asksInhibitors(for stage: Stage, inhibitsFetch: Bool) -> Bool {
        stage == .swap || inhibitsFetch
    }

    /// Decides.
    public var answer: Answer {
        var reasons: [String] = []
        var recheck = Gate.longest
        if case .closed(let opens) = window, !isForced {
            reasons.append(
                stage == .fetch ? "outside the download windows" : "outside the windows")
            recheck = min(recheck, opens - now)
        }
        if Gate.asksInhibitors(for: stage, inhibitsFetch: inhibitsFetch) {
            for case .inhibits(let why) in inhibitors {
                reasons.append(why)
                recheck = min(recheck, Gate.inhibited)
            }
        }
        if confirmation == .awaited { reasons.append("a person has to confirm it") }
        if stage == .swap, server == .unavailable {
            reasons.append("the server's maintenance window is closed")
        }
        guard reasons.isEmpty else { return .closed(reasons: reasons, recheck: max(recheck, 1)) }
        return .open
    }
}
