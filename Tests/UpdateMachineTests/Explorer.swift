import Faults

@testable import UpdateMachine

/// Walks through every machine that sample events lead to, in breadth.
struct Explorer {
    /// A machine that was reached, and how.
    struct Step {
        var before: UpdateMachine
        var event: Event
        var after: UpdateMachine
        var actions: [Action]
        /// Whether no machine of this kind was reached before.
        var isNew: Bool
    }

    static let mine = Target(source: .repository, key: "1.1.0#2", version: "1.1.0")
    static let served = Target(source: .server(action: "8"), key: "8#a", version: "1.1.0")
    static let other = Target(source: .server(action: "9"), key: "9#b", version: "1.2.0")
    static let question = Target(source: .question(action: "7"), key: "7#c", version: "1.1.0")

    /// Store facts of each kind that decides something.
    static let facts: [StoreFacts] = {
        let old = StoreFacts.Slot(release: "old", version: "1.0.0", state: "good")
        func slot(_ state: String) -> StoreFacts.Slot {
            StoreFacts.Slot(release: "new", version: "1.1.0", state: state)
        }
        return [
            StoreFacts(), StoreFacts(running: old),
            StoreFacts(running: old, others: [slot("ready")]),
            StoreFacts(running: old, others: [slot("bad")]),
            StoreFacts(running: slot("trial"), others: [old]),
            StoreFacts(running: slot("trial"), others: [old], isBusy: true),
            StoreFacts(running: slot("good"), others: [old]),
            StoreFacts(running: slot("bad")),
        ]
    }()

    static let events: [Event] = {
        var events: [Event] = [.started, .lookFailed(Failure(.network, "no answer"))]
        events += facts.map { .recovered($0) }
        events.append(.recoveryFailed(Failure(.storage, "read-only")))
        events += Alarm.allCases.map { .timeUp($0) }
        events += Request.allCases.map { .asked($0) }
        events += [mine, served, other, question].map { .looked(.offer($0)) }
        events += [
            .looked(.nothing), .looked(.cancel(request: "c1", action: "8")),
            .looked(.cancel(request: "c2", action: "99")),
            .looked(.unusable(action: "8", "it holds no bundle")),
        ]
        for stage in Stage.allCases {
            events += [.gateOpen(stage), .gateClosed(stage, ["a window is closed"])]
        }
        let failures: [FaultCode] = [.network, .smokeTooSlow, .busy, .smokeWrongAnswer]
        events += failures.map { .prepareFailed(Failure($0, "it failed")) }
        events += [
            .proving, .prepared("new"), .alreadyRunning("new"), .swapped, .passed,
            .fellBack(Failure(.probationFailed, "crashed")),
            .activateFailed(Failure(.internalError, "lost")), .reported,
        ]
        return events
    }()

    /// Everything that is reached; machines that differ in small things alone are walked from once.
    static func walk(_ settings: Settings) -> [Step] {
        var steps: [Step] = []
        var seen: Set<Kind> = []
        var queue = [UpdateMachine(settings)]
        while let machine = queue.popLast() {
            for event in events {
                var after = machine
                let actions = after.handle(event)
                let isNew = seen.insert(Kind(after)).inserted
                steps.append(
                    Step(
                        before: machine, event: event, after: after, actions: actions,
                        isNew: isNew))
                if isNew { queue.append(after) }
            }
        }
        return steps
    }

    /// What tells machines apart, counters left out.
    private struct Kind: Hashable {
        var state: State
        var interrupted: State?
        var key: String?
        var hold: Hold?
        var isPrepared: Bool
        var isCancelled: Bool
        var isLooking: Bool
        var isLast: Bool

        init(_ machine: UpdateMachine) {
            state = machine.state
            interrupted = machine.interrupted
            key = machine.work?.target.key
            hold = machine.work?.hold
            isPrepared = machine.work?.prepared != nil
            isCancelled = machine.cancelled != nil
            isLooking = machine.isLooking
            isLast = (machine.work?.attempts ?? 0) >= Bounds.attempts - 1
        }
    }
}

extension Event {
    /// The event's name, for a diagram.
    var title: String {
        switch self {
        case .started: "started"
        case .recovered: "recovered"
        case .recoveryFailed: "not recovered"
        case .timeUp(.poll): "poll is due"
        case .timeUp(.step): "step is due"
        case .asked(let request): "asked to \(request.rawValue)"
        case .looked(.nothing): "nothing new"
        case .looked(.offer): "an offer"
        case .looked(.cancel): "called off by the server"
        case .looked(.unusable): "an offer that can never be installed"
        case .lookFailed: "no answer"
        case .gateOpen: "nothing holds it back"
        case .gateClosed: "held back"
        case .proving: "all bytes are there"
        case .prepared: "proved"
        case .alreadyRunning: "runs already"
        case .prepareFailed: "not fetched or proved"
        case .swapped: "swapped"
        case .passed: "probation passed"
        case .fellBack: "fell back"
        case .activateFailed: "no verdict"
        case .reported: "reported"
        }
    }
}
