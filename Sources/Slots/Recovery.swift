/// How a store that a crash left between two steps is mended: a pure decision from link and records.
///
/// The order of every change makes each state between two steps tell what was under way (records
/// first, then the link), so that doing this again, or being interrupted in it, is harmless.
public enum Recovery: Sendable, Equatable {
    /// The running slot is bad and another is whole: a fallback was begun; rename the link to it.
    case finishFallback(from: TreeName, to: TreeName)
    /// A slot is in trial, but the link is elsewhere: it was not yet swapped in; ready again.
    case notYetSwapped(SlotName)
    /// A slot's version passed its probation, and its counter is above the floor: the floor was not
    /// yet raised, or was lost.
    case raiseFloor(SlotName)
    /// A slot holds the release that is good in the other one, where it was installed anew because this
    /// tree was found altered: it is nothing to go back to.
    case retire(SlotName)

    /// What is to be done, in order; empty for a store at rest.
    ///
    /// - Parameters:
    ///   - snapshot: the link and the records.
    ///   - floor: the release counter below which nothing is accepted; `nil` where it is lost.
    /// - Returns: the steps.
    public static func steps(for snapshot: StoreSnapshot, floor: UInt64?) -> [Recovery] {
        var steps: [Recovery] = []
        if let named = snapshot.named, let running = snapshot.running, running.state == .bad,
            let fallback = running.fallback, snapshot.isFallback(tree: fallback)
        {
            steps.append(.finishFallback(from: named, to: fallback))
        }
        for slot in SlotName.allCases where slot != snapshot.current {
            if snapshot.record(slot)?.state == .trial { steps.append(.notYetSwapped(slot)) }
        }
        for slot in SlotName.allCases {
            guard let record = snapshot.record(slot), record.wasGood else { continue }
            if record.identity.releaseCounter > floor ?? 0 { steps.append(.raiseFloor(slot)) }
        }
        if let current = snapshot.current, let running = snapshot.running, running.state == .good,
            running.whole, let twin = snapshot.record(current.other), twin.state == .good,
            twin.whole, twin.identity.isSameRelease(as: running.identity)
        {
            steps.append(.retire(current.other))
        }
        return steps
    }

    /// What waits to be mended, for people.
    public var text: String {
        switch self {
        case .finishFallback(let from, let to):
            "The fall back from \(from.title) to \(to.title) was interrupted."
        case .notYetSwapped(let slot):
            "The swap to slot \(slot.rawValue) was interrupted before it happened."
        case .raiseFloor(let slot):
            "The version in slot \(slot.rawValue) was not yet counted as accepted."
        case .retire(let slot):
            "Slot \(slot.rawValue), whose files were altered, was not yet marked so."
        }
    }
}
