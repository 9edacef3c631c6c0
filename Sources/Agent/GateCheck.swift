internal import Glibc
public import Schedule
public import StrictJSON

/// Asks whether a step may be taken now: windows, inhibitors, and what the server lets be done.
public struct GateCheck: Sendable {
    /// What is known of the step beside the configuration.
    public struct Wish: Sendable, Equatable {
        /// The step.
        public var stage: Gate.Stage
        /// Whether the windows are passed over: a person asked, or the server may force.
        public var passesWindows = false
        /// Whether the rollout server says that the step is not to be taken yet.
        public var isSkipped = false
        /// Whether the rollout server's own maintenance window is closed.
        public var isServerClosed = false

        /// Wishes for a step, with nothing else known.
        public init(_ stage: Gate.Stage) { self.stage = stage }
    }

    /// What came out.
    public struct Answer: Sendable, Equatable {
        /// Why not; empty where the step may be taken.
        public var reasons: [String]
        /// When to ask again, in seconds.
        public var recheck: Int64

        /// Whether the step may be taken.
        public var isOpen: Bool { reasons.isEmpty }

        /// The answer for a machine.
        public var json: JSONValue {
            .members([
                ("event", .string("gate")), ("open", .bool(isOpen)),
                ("reasons", .array(reasons.map(JSONValue.string))), ("recheck", .integer(recheck)),
            ])
        }
    }

    /// How long until a server's word is looked at again: it comes with the next poll.
    private static let serverRecheck: Int64 = 300

    private let settings: ServiceSettings

    /// Takes the settings of the service.
    public init(_ settings: ServiceSettings) { self.settings = settings }

    /// Asks.
    ///
    /// - Parameter wish: the step.
    /// - Returns: whether it may be taken, and why not.
    public func ask(_ wish: Wish) -> Answer {
        let now = Int64(time(nil))
        var gate = Gate(wish.stage, now: now)
        let windows = wish.stage == .fetch ? settings.downloadWindows : settings.windows
        gate.window = windows.state(at: now, zone: MachineZone())
        gate.isForced = wish.passesWindows
        gate.inhibitsFetch = settings.inhibitsFetch
        if Gate.asksInhibitors(for: wish.stage, inhibitsFetch: settings.inhibitsFetch) {
            gate.inhibitors = settings.inhibitors.map { $0.ask() }
        }
        if wish.isServerClosed { gate.server = .unavailable }
        var answer =
            switch gate.answer {
            case .open: Answer(reasons: [], recheck: Gate.soonest)
            case .closed(let reasons, let recheck): Answer(reasons: reasons, recheck: recheck)
            }
        if wish.isSkipped {
            let step = wish.stage == .fetch ? "fetched" : "swapped in"
            answer.reasons.append("the rollout server says that it is not to be \(step) yet")
            answer.recheck = min(answer.recheck, GateCheck.serverRecheck)
        }
        return answer
    }
}
