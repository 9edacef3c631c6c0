/// From a version that is ready to one that is good, or back to the old one.
extension UpdateMachine {
    mutating func swapped() -> [Action] {
        guard state == .swapping else { return [] }
        state = .probation
        work?.attempts = 0
        return tell(.proceeding, "The version runs and is being watched.")
    }

    mutating func passed() -> [Action] {
        guard state == .swapping || state == .probation else { return [] }
        return end(.good)
    }

    mutating func fellBack(_ failure: Failure) -> [Action] {
        guard state == .swapping || state == .probation else { return [] }
        return end(.fallenBack, failure)
    }

    mutating func activateFailed(_ failure: Failure) -> [Action] {
        guard let work else { return [] }
        let attempts = work.attempts + 1
        switch state {
        case .swapping:
            self.work?.attempts = attempts
            guard attempts < Bounds.attempts || failure.persistence == .always else {
                return end(.failed, failure)
            }
            hold(.swap, [failure.message])
            return tell(.scheduled, "Not swapped in yet: \(failure.message)")
                + [.wait(.step, .retry(attempts: attempts))]
        case .probation:
            // Its watching ended, not the version: watched again, but not for ever.
            self.work?.attempts = attempts
            // Where it cannot be left either, the next try has a pause before it, as every other.
            guard attempts % Bounds.watches != 0 else { return [.leave(failure)] }
            return [.wait(.step, .retry(attempts: attempts))]
        default: return []
        }
    }

    mutating func reported() -> [Action] {
        guard state.isOutcome else { return [] }
        let isServer = work?.target.action != nil
        if state == .good { available = nil }
        switch state {
        case .failed, .fallenBack: failuresInRow = min(failuresInRow + 1, 1000)
        case .good: failuresInRow = 0
        default: break
        }
        if let key = work?.target.key, cancelled != .withdrawn {
            let rounds = closed?.key == key ? closed?.rounds ?? 0 : 0
            closed = Closed(key: key, rounds: min(rounds + 1, 1000), isGood: state == .good)
        }
        return wished(rest(isServer ? .soon : .poll))
    }
}
