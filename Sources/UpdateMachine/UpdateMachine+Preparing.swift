/// From a target to a version that is proved in its slot.
extension UpdateMachine {
    mutating func gateOpen(_ stage: Stage) -> [Action] {
        switch (state, work?.hold, stage) {
        case (.waiting, .fetch, .fetch):
            let isAgain = (work?.attempts ?? 0) + (work?.delays ?? 0) > 0
            state = .fetching
            work?.hold = nil
            work?.reasons = []
            cancelled = nil
            return tell(isAgain ? .resumed : .download, "The version is being fetched.")
                + [.prepare]
        case (.waiting, .swap, .swap), (.ready, _, .swap):
            state = .swapping
            work?.hold = nil
            work?.reasons = []
            work?.attempts = 0
            return tell(.proceeding, "The version is being swapped in.") + [.activate]
        default: return []
        }
    }

    mutating func gateClosed(_ stage: Stage, _ reasons: [String]) -> [Action] {
        let isAsked: Bool =
            switch (state, work?.hold, stage) {
            case (.waiting, .fetch, .fetch), (.waiting, .swap, .swap), (.ready, _, .swap): true
            default: false
            }
        guard isAsked else { return [] }
        let isNews = work?.reasons != reasons
        hold(stage == .fetch ? .fetch : .swap, reasons)
        return (isNews ? tell(.scheduled, "It waits: \(reasons.joined(separator: "; ")).") : [])
            + [.wait(.step, .recheck)]
    }

    mutating func proving() -> [Action] {
        guard state == .fetching else { return [] }
        state = .proving
        return []
    }

    mutating func prepared(_ release: String) -> [Action] {
        guard state == .fetching || state == .proving else { return [] }
        work?.prepared = release
        work?.attempts = 0
        work?.delays = 0
        if let cancelled { return endCancelled(cancelled) }
        let told = tell(.downloaded, "The version is fetched and proved on this machine.")
        if isLeftToPerson { return told + askSwap() }
        state = .ready
        return told + [.gate(.swap)]
    }

    mutating func alreadyRunning(_ release: String) -> [Action] {
        guard state == .fetching || state == .proving else { return [] }
        work?.prepared = release
        if let cancelled { return endCancelled(cancelled) }
        return end(.good)
    }

    mutating func prepareFailed(_ failure: Failure) -> [Action] {
        guard state == .fetching || state == .proving, let work else { return [] }
        if let cancelled { return endCancelled(cancelled) }
        switch failure.persistence {
        case .never: return end(.failed, failure)
        case .always:
            hold(.retry, [failure.message])
            self.work?.delays = min(work.delays + 1, 1000)
            return tell(.scheduled, "It waits: \(failure.message)")
                + [.wait(.step, .retry(attempts: min(work.delays + 1, 1000)))]
        case .often: return again(failure, work, most: Bounds.attempts)
        case .seldom: return again(failure, work, most: Bounds.seldom)
        }
    }

    /// Tries again after a while, a bounded number of times.
    private mutating func again(_ failure: Failure, _ work: Work, most: Int) -> [Action] {
        let attempts = work.attempts + 1
        self.work?.attempts = attempts
        guard attempts < most else { return end(.failed, failure) }
        hold(.retry, [failure.message])
        let wait: Wait =
            most == Bounds.seldom
            ? .retrySeldom(attempts: attempts) : .retry(attempts: attempts)
        return tell(
            .scheduled, "Attempt \(attempts) of \(most) failed and is repeated: \(failure.message)")
            + [.wait(.step, wait)]
    }
}
