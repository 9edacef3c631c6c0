internal import Faults

/// The life of an update on one machine: one decision place for everything that happens.
///
/// The machine has no clock and touches nothing: ``handle(_:)`` takes what happened and says what
/// is to be performed. It is to be saved before its actions are performed; started again from what
/// was saved, at whichever instant, it goes on or undoes.
public struct UpdateMachine: Sendable, Equatable {
    /// Who called the present work off.
    public enum Cause: Sendable, Equatable {
        /// A person.
        case person
        /// The server, by this request.
        case server(request: String)
        /// The server offers it no more, or something else in its place.
        case withdrawn
    }

    /// An offer whose outcome was told, and how often, so that a server that offers it all the same
    /// does not keep the machine busy.
    public struct Closed: Sendable, Equatable {
        /// The offer.
        public var key: String
        /// How often its outcome was told.
        public var rounds: Int
        /// Whether the version was good.
        public var isGood: Bool
    }

    /// Where the life of the update stands.
    public internal(set) var state = State.recovering
    /// The state that a restart interrupted, until recovery is over.
    public internal(set) var interrupted: State?
    /// What is worked on.
    public internal(set) var work: Work?
    /// Why the outcome is not `good`.
    public internal(set) var failure: Failure?
    /// Who called the work off; set before the work has ended.
    public internal(set) var cancelled: Cause?
    /// What was closed last.
    public internal(set) var closed: Closed?
    /// Updates in a row that ended in failure.
    public internal(set) var failuresInRow = 0
    /// The action that can never be installed and was refused last.
    public internal(set) var refused: String?
    /// Looks that failed in a row.
    public internal(set) var lookFailures = 0
    /// A version that is offered, where the machine may only say so.
    public internal(set) var available: String?
    /// Whether a look beside the work is under way.
    var isLooking = false
    /// Whether a person asked for an update while the machine was busy finding out.
    var isWished = false
    var settings: Settings

    /// A machine that has no past.
    public init(_ settings: Settings) { self.settings = settings }

    /// Whether a look beside the work, or before any, is under way.
    public var looks: Bool { isLooking || state == .checking }

    /// Whether a person's wish for an update was not yet taken up.
    public var hasWish: Bool { isWished }

    /// Takes over a configuration that was read anew.
    public mutating func configure(_ settings: Settings) { self.settings = settings }

    /// Takes in what happened.
    ///
    /// Every event is defined in every state; one that means nothing there is answered by no
    /// action and changes nothing.
    ///
    /// - Parameter event: what happened.
    /// - Returns: what is to be performed, in order, after the machine was saved.
    public mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .started: start()
        case .recovered(let facts): recovered(facts)
        case .recoveryFailed(let failure): recoveryFailed(failure)
        case .timeUp(let timer): timeUp(timer)
        case .asked(let request): asked(request)
        case .looked(let finding): looked(finding)
        case .lookFailed: lookFailed()
        case .gateOpen(let stage): gateOpen(stage)
        case .gateClosed(let stage, let reasons): gateClosed(stage, reasons)
        case .proving: proving()
        case .prepared(let release): prepared(release)
        case .alreadyRunning(let release): alreadyRunning(release)
        case .prepareFailed(let failure): prepareFailed(failure)
        case .swapped: swapped()
        case .passed: passed()
        case .fellBack(let failure): fellBack(failure)
        case .activateFailed(let failure): activateFailed(failure)
        case .reported: reported()
        }
    }

    // MARK: Moves that several events share

    /// Goes to where something holds the work back.
    mutating func hold(_ hold: Hold, _ reasons: [String] = []) {
        state = .waiting
        work?.hold = hold
        work?.reasons = reasons
    }

    /// Asks whether a step may be taken.
    mutating func ask(_ stage: Stage) -> [Action] {
        hold(stage == .fetch ? .fetch : .swap)
        return [.gate(stage)]
    }

    /// Whether the swap of what is worked on waits for a person's word.
    var isLeftToPerson: Bool {
        guard let work else { return false }
        return settings.mode != .install && !work.target.asked && !work.isConfirmed
    }

    /// Asks whether a version that is ready may be swapped in; windows first, or a person.
    mutating func askSwap() -> [Action] {
        guard isLeftToPerson else { return ask(.swap) }
        hold(.person, ["its swap is left to a person"])
        return []
    }

    /// Ends the work with an outcome, which is put down durably before anything else happens.
    mutating func end(_ outcome: State, _ failure: Failure? = nil) -> [Action] {
        state = outcome
        self.failure = failure
        work?.hold = nil
        work?.reasons = []
        return [.close(report)]
    }

    /// Ends the work because somebody called it off.
    mutating func endCancelled(_ cause: Cause) -> [Action] {
        cancelled = cause
        return end(.cancelled, Failure(.cancelled, cause.text))
    }

    /// Has nothing to do until the next look.
    mutating func rest(_ wait: Wait) -> [Action] {
        state = .idle
        work = nil
        failure = nil
        cancelled = nil
        isLooking = false
        return [.wait(.poll, wait)]
    }

    /// Which outcome of its offer the present one is, counted from 1: a name for its report, the
    /// same after a restart.
    public var round: Int {
        guard let closed, closed.key == work?.target.key else { return 1 }
        return closed.rounds + 1
    }

    /// What a server is told of the present outcome; `nil` where none waits for it.
    var report: ServerReport? {
        guard let work, let action = work.target.action else { return nil }
        switch state {
        case .good: return .succeeded(action: action, work.target.version)
        case .fallenBack, .failed:
            return failure.map {
                .failed(action: action, $0, fellBack: state == .fallenBack)
            }
        case .cancelled:
            switch cancelled {
            case .server(let request): return .cancelAccepted(request: request)
            case .withdrawn: return nil
            case .person, nil:
                if case .question = work.target.source { return .refused(action: action) }
                return failure.map { .failed(action: action, $0, fellBack: false) }
            }
        default: return nil
        }
    }

    /// Tells the server how it goes, where one waits for it.
    func tell(_ step: ServerReport.Step, _ text: String) -> [Action] {
        guard let work, case .server(let action) = work.target.source else { return [] }
        return [.tell(.step(action: action, step, text))]
    }
}

extension UpdateMachine.Cause {
    /// Who it was, for people.
    public var text: String {
        switch self {
        case .person: "It was called off on this machine."
        case .server: "The rollout server called it off."
        case .withdrawn: "It is offered no more."
        }
    }
}
