internal import Faults

/// From a start at any instant to where the work goes on.
extension UpdateMachine {
    mutating func start() -> [Action] {
        if state != .recovering { interrupted = state }
        state = .recovering
        isLooking = false
        return [.recover]
    }

    mutating func recoveryFailed(_ failure: Failure) -> [Action] {
        guard state == .recovering else { return [] }
        self.failure = failure
        return [.wait(.step, .retry(attempts: 1))]
    }

    mutating func recovered(_ facts: StoreFacts) -> [Action] {
        guard state == .recovering else { return [] }
        let before = interrupted ?? .idle
        interrupted = nil
        if !before.isOutcome { failure = nil }
        if let running = facts.running, running.state == "trial", !facts.isBusy {
            if work?.prepared != running.release { adopt(running) }
            work?.hold = nil
            state = .probation
            return [.activate, .wait(.poll, .soon)]
        }
        guard let work else { return wished(rest(.soon)) }
        if before.isOutcome {
            state = before
            return [.close(report)]
        }
        let actions = goOn(before, work, facts)
        return state.isOutcome ? actions : actions + [.wait(.poll, .soon)]
    }

    /// A trial that is not this machine's own work: somebody installed it by hand.
    private mutating func adopt(_ running: StoreFacts.Slot) {
        var local = Work(Target(source: .local, key: running.release, version: running.version))
        local.prepared = running.release
        work = local
        cancelled = nil
    }

    /// Goes on with work that a restart interrupted.
    private mutating func goOn(
        _ before: State, _ work: Work, _ facts: StoreFacts
    ) -> [Action] {
        switch before {
        case .swapping, .probation, .recovering: return afterSwap(work, facts)
        case .ready: return isReady(work, facts) ? askSwap() : ask(.fetch)
        case .waiting where work.hold == .swap:
            return isReady(work, facts) ? askSwap() : ask(.fetch)
        case .waiting where work.hold == .person:
            state = .waiting
            return []
        case .waiting where work.hold == .retry:
            state = .waiting
            if let closed, closed.key == work.target.key, !closed.isGood {
                return [.wait(.step, .rest(rounds: closed.rounds))]
            }
            return [.wait(.step, .retry(attempts: max(work.attempts, 1)))]
        default:
            // A cancel that was under way when the machine stopped has nothing left to stop.
            if let cancelled { return endCancelled(cancelled) }
            return ask(.fetch)
        }
    }

    /// The swap had begun: the store says how far it came.
    private mutating func afterSwap(_ work: Work, _ facts: StoreFacts) -> [Action] {
        guard let release = work.prepared else { return ask(.fetch) }
        if let running = facts.running, running.release == release {
            switch running.state {
            case "good": return end(.good)
            case "trial":
                // Another command watches it now.
                hold(.retry, ["another command watches the trial"])
                return [.wait(.step, .retry(attempts: 1))]
            default:
                return end(
                    .failed,
                    Failure(.probationFailed, running.reason.isEmpty ? lost : running.reason))
            }
        }
        guard let other = facts.others.first(where: { $0.release == release }) else {
            return end(.failed, Failure(.cancelled, lost))
        }
        switch other.state {
        case "ready": return askSwap()
        case "bad":
            return end(
                .fallenBack, Failure(.probationFailed, other.reason.isEmpty ? lost : other.reason))
        default: return end(.failed, Failure(.cancelled, lost))
        }
    }

    private var lost: String { "Another command changed the store while the version was tried." }

    private func isReady(_ work: Work, _ facts: StoreFacts) -> Bool {
        facts.others.contains { $0.release == work.prepared && $0.state == "ready" }
    }

    /// Begins at once where a person asked for an update in the meantime.
    mutating func wished(_ actions: [Action]) -> [Action] {
        guard isWished, state == .idle else { return actions }
        state = .checking
        return [.look]
    }
}
