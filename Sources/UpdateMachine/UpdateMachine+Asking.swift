/// What a person asks for.
extension UpdateMachine {
    mutating func asked(_ request: Request) -> [Action] {
        switch request {
        case .check: look()
        case .update: askedUpdate()
        case .cancel: askedCancel()
        case .confirm: askedConfirm()
        case .refuse: askedRefuse()
        }
    }

    private mutating func askedUpdate() -> [Action] {
        switch state {
        case .idle:
            isWished = true
            return look()
        case .recovering, .checking:
            isWished = true
            return []
        case .waiting:
            work?.target.asked = true
            work?.reasons = []
            // A server may offer something else by now, or nothing: asked first.
            if case .server = work?.target.source, !isLooking {
                isWished = true
                return look()
            }
            return goOnAsked()
        case .fetching, .proving, .ready:
            work?.target.asked = true
            return []
        case .swapping, .probation, .good, .fallenBack, .cancelled, .failed:
            return []
        }
    }

    /// Goes on with what waits, because a person asked for it.
    mutating func goOnAsked() -> [Action] {
        switch work?.hold {
        // The reasons of before are asked for anew: who follows waits for the answer.
        case .swap: return ask(.swap)
        case .person:
            // The server's offer comes with a later look, and is asked for as well then.
            if case .question = work?.target.source { isWished = true }
            return askedConfirm()
        case .fetch, .retry, nil:
            work?.attempts = 0
            return ask(.fetch)
        }
    }

    private mutating func askedCancel() -> [Action] {
        guard state.isBeforeSwap else { return [] }
        return callOff(.person)
    }

    private mutating func askedConfirm() -> [Action] {
        guard state == .waiting, work?.hold == .person else { return [] }
        if case .question(let action)? = work?.target.source {
            return [.tell(.confirmed(action: action))] + rest(.soon)
        }
        work?.isConfirmed = true
        return work?.prepared == nil ? ask(.fetch) : ask(.swap)
    }

    private mutating func askedRefuse() -> [Action] {
        guard state == .waiting, work?.hold == .person else { return [] }
        return endCancelled(.person)
    }
}
