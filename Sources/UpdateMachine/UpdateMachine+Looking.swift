internal import Faults

/// From a look at repository or server to work.
extension UpdateMachine {
    mutating func timeUp(_ timer: Alarm) -> [Action] {
        switch (timer, state) {
        case (.poll, .idle): return look()
        case (.poll, .waiting), (.poll, .fetching), (.poll, .proving), (.poll, .ready),
            (.poll, .swapping), (.poll, .probation):
            return look()
        case (.step, .recovering): return [.recover]
        case (.step, .waiting):
            switch work?.hold {
            case .fetch: return [.gate(.fetch)]
            case .swap: return [.gate(.swap)]
            case .retry: return ask(.fetch)
            case .person, nil: return []
            }
        case (.step, .probation): return [.activate]
        // It could not be put down; tried again.
        case (.step, _) where state.isOutcome: return [.close(report)]
        default: return []
        }
    }

    /// Looks, at once or beside the work.
    mutating func look() -> [Action] {
        if state == .idle {
            state = .checking
            return [.look]
        }
        guard work != nil, !state.isOutcome, !isLooking else { return [] }
        // A server may call its own off at any time. A repository is asked while the work waits, lest
        // a version that is refused, or failed, hides the next one for days.
        let mayMatter = work?.target.source == .repository && state == .waiting
        guard work?.target.action != nil || mayMatter else { return [.wait(.poll, .poll)] }
        isLooking = true
        return [.look]
    }

    mutating func lookFailed() -> [Action] {
        guard state == .checking || isLooking else { return [] }
        lookFailures = min(lookFailures + 1, 1000)
        isLooking = false
        let actions: [Action] = [.wait(.poll, .pollAgain(failures: lookFailures))]
        let isAsked = isWished
        isWished = false
        if state == .checking { state = .idle }
        guard isAsked, state == .waiting else { return actions }
        return actions + goOnAsked()
    }

    mutating func looked(_ finding: Finding) -> [Action] {
        guard state == .checking || isLooking else { return [] }
        lookFailures = 0
        isLooking = false
        let isAsked = isWished
        isWished = false
        guard let work else { return begin(finding, asked: isAsked) }
        if state.isOutcome { return [] }
        switch finding {
        case .nothing: return withdrawn(work)
        case .offer(var target):
            target.asked = work.target.asked || isAsked
            return offered(target, beside: work, isAsked: isAsked)
        case .cancel(let request, let action): return cancel(request, action, work)
        case .unusable(let action, let reason):
            let told = refusal(action, reason)
            guard state.isBeforeSwap, work.target.action != nil else {
                return told + [.wait(.poll, .poll)]
            }
            return told + callOff(.withdrawn) + [.wait(.poll, .poll)]
        }
    }

    /// Nothing is worked on.
    private mutating func begin(_ finding: Finding, asked: Bool) -> [Action] {
        switch finding {
        case .nothing:
            available = nil
            return rest(.poll)
        case .cancel(let request, let action):
            return [answer(toCancel: request, of: action)] + rest(.poll)
        case .unusable(let action, let reason):
            return refusal(action, reason) + rest(.poll)
        case .offer(var target):
            target.asked = asked
            available = target.version
            return consider(target)
        }
    }

    /// The answer to an offer that can never be installed; told once, however often it comes.
    private mutating func refusal(_ action: String, _ reason: String) -> [Action] {
        guard refused != action else { return [] }
        refused = action
        return [.tell(.failed(action: action, Failure(.incompatible, reason), fellBack: false))]
    }

    /// The answer to a cancel of what is not worked on.
    private func answer(toCancel request: String, of action: String) -> Action {
        if let closed, closed.isGood, closed.key.hasPrefix("\(action)#") {
            return .tell(
                .cancelRefused(request: request, "Its version runs already, and is good."))
        }
        // Nothing of it is here: agreed, or it stays pending for ever.
        return .tell(.cancelAccepted(request: request))
    }

    /// Takes up a target, or says why not yet.
    private mutating func consider(_ target: Target) -> [Action] {
        var actions: [Action] = [.wait(.poll, .poll)]
        if case .question(let action) = target.source, settings.answersServer || target.asked {
            return [.tell(.confirmed(action: action))] + rest(.soon)
        }
        if settings.mode == .check, !target.asked, target.action == nil { return rest(.poll) }
        work = Work(target)
        if settings.mode == .check, !target.asked, case .server = target.source {
            hold(.person, ["nothing is installed here without a person's word"])
            return actions + tell(.scheduled, "It waits for a person on the machine.")
        }
        if case .question = target.source {
            hold(.person, ["the rollout server waits for a person's yes"])
            return actions
        }
        if let closed, closed.key == target.key, !target.asked {
            hold(.retry, ["it is offered again after its outcome was told"])
            let wait: Wait =
                closed.isGood ? .retrySeldom(attempts: closed.rounds) : .rest(rounds: closed.rounds)
            actions.append(.wait(.step, wait))
            return actions
        }
        if failuresInRow >= Bounds.seldom, !target.asked {
            // A server that offers one bad version after the other sets no pace.
            hold(.retry, ["the last \(failuresInRow) versions were not good here"])
            actions.append(.wait(.step, .retry(attempts: failuresInRow)))
            return actions
        }
        if settings.asksPerson, !target.asked {
            hold(.person, ["a person is to say yes"])
            return actions + tell(.scheduled, "It waits for a person's yes.")
        }
        return actions + ask(.fetch)
    }

    /// The server does not offer what is worked on any more.
    private mutating func withdrawn(_ work: Work) -> [Action] {
        guard state.isBeforeSwap, work.target.action != nil else { return [.wait(.poll, .poll)] }
        return callOff(.withdrawn) + [.wait(.poll, .poll)]
    }

    /// The same target again, with other words of the server perhaps, or another.
    private mutating func offered(
        _ target: Target, beside work: Work, isAsked: Bool
    ) -> [Action] {
        guard target.key == work.target.key, target.source == work.target.source else {
            guard state.isBeforeSwap else { return [.wait(.poll, .poll)] }
            // What a person asked for is what is offered now.
            isWished = isAsked
            return callOff(.withdrawn) + [.wait(.poll, .soon)]
        }
        let isChanged = target != work.target
        self.work?.target = target
        let actions: [Action] = [.wait(.poll, .poll)]
        guard state == .waiting else { return actions }
        if isAsked { return actions + goOnAsked() }
        switch work.hold {
        case .fetch where isChanged: return actions + [.gate(.fetch)]
        case .swap where isChanged: return actions + [.gate(.swap)]
        default: return actions
        }
    }

    /// The server calls an action off.
    private mutating func cancel(_ request: String, _ action: String, _ work: Work) -> [Action] {
        guard work.target.action == action else {
            return [answer(toCancel: request, of: action), .wait(.poll, .poll)]
        }
        guard state.isBeforeSwap else {
            return [
                .tell(
                    .cancelRefused(
                        request: request,
                        "Version \(work.target.version) runs already and is being watched.")),
                .wait(.poll, .poll),
            ]
        }
        return callOff(.server(request: request)) + [.wait(.poll, .poll)]
    }

    /// Calls the present work off; a worker is asked to end first.
    mutating func callOff(_ cause: Cause) -> [Action] {
        guard state == .fetching || state == .proving else { return endCancelled(cause) }
        cancelled = cause
        return [.stop]
    }
}
