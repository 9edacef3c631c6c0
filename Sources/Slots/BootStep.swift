/// What a boot does before the application starts: a pure decision from link, records and trees.
///
/// It never ends in nothing where anything whole stands in the store, and deciding again after it
/// was done, or cut short, changes nothing more.
public enum BootStep: Sendable, Equatable {
    /// What `current` names starts as it is.
    case start(TreeName)
    /// A version in trial starts once more; this boot is counted first.
    case count(SlotName, attempt: Int)
    /// A version in trial had its boots: it is marked bad, and the tree named runs; `nil` where
    /// there is none, and it starts all the same.
    case leave(SlotName, to: TreeName?)
    /// What `current` names cannot be relied on, and another tree runs in its place.
    case move(to: TreeName, why: String)
    /// Nothing was ever installed.
    case nothingInstalled
    /// There were versions, and nothing is left that could start.
    case nothingToStart

    /// Decides.
    ///
    /// The order in which trees take another's place: the slot that the record names to fall back
    /// to; a good slot; the factory tree; a slot that was good once; what `current` names; and only
    /// where that is not there, whatever else is whole or may be.
    ///
    /// - Parameters:
    ///   - snapshot: link and records; a record of a tree that is not there does not say `whole`.
    ///   - present: the trees whose directories are there and hold something.
    ///   - limit: the boots that a trial gets.
    /// - Returns: what is to be done.
    public static func decide(
        _ snapshot: StoreSnapshot, present: Set<TreeName>, limit: Int
    ) -> BootStep {
        guard let named = snapshot.named, present.contains(named) else {
            return replaceMissing(snapshot, present)
        }
        let others = replacements(for: named, snapshot)
        guard let record = snapshot.record(of: named) else {
            guard let best = others.first else { return .start(named) }
            return .move(
                to: best, why: "what is known of \(named.title) cannot be read")
        }
        switch record.state {
        case .trial where record.whole:
            guard let slot = named.slot else { return .start(named) }
            if record.attempts < limit { return .count(slot, attempt: record.attempts + 1) }
            let wanted = record.fallback.flatMap { snapshot.isFallback(tree: $0) ? $0 : nil }
            return .leave(slot, to: wanted ?? others.first)
        case .good where record.whole: return .start(named)
        case .ready where record.whole:
            // Never watched yet: it is in trial from now on.
            return named.slot.map { .count($0, attempt: 1) } ?? .start(named)
        case .bad where record.whole && record.wasGood:
            // It was good once; only what is better than that takes its place.
            guard let best = others.first(where: { snapshot.isFallback(tree: $0) }) else {
                return .start(named)
            }
            return .move(to: best, why: "\(named.title) is marked bad: \(record.reason)")
        case .bad where record.whole:
            guard let best = others.first else { return .start(named) }
            return .move(to: best, why: "\(named.title) is marked bad: \(record.reason)")
        default:
            let whole = others + anythingWhole(snapshot).filter { $0 != named }
            guard let best = whole.first else { return .start(named) }
            return .move(to: best, why: "\(named.title) is not whole")
        }
    }

    /// The trees that may take the place of one, the best first.
    private static func replacements(
        for named: TreeName?, _ snapshot: StoreSnapshot
    ) -> [TreeName] {
        let slots = newestFirst(snapshot).filter { $0 != named }
        return slots.filter { snapshot.isFallback(tree: $0) }
            + (snapshot.isFallback(tree: .factory) ? [.factory] : [])
            + slots.filter { tree in
                guard let record = snapshot.record(of: tree) else { return false }
                return record.whole && record.state == .bad && record.wasGood
            }
    }

    private static func replaceMissing(
        _ snapshot: StoreSnapshot, _ present: Set<TreeName>
    ) -> BootStep {
        // Last of all what nothing is known of: a slot being filled has a record that says so.
        let unknown = TreeName.allCases.filter {
            present.contains($0) && snapshot.record(of: $0) == nil
        }
        let all = replacements(for: nil, snapshot) + anythingWhole(snapshot) + unknown
        if let best = all.first {
            let why =
                if let named = snapshot.named {
                    "\(named.title) is gone"
                } else if let strange = snapshot.strangeLink {
                    "the link “current” names “\(strange)”"
                } else {
                    "the link “current” is missing"
                }
            return .move(to: best, why: why)
        }
        let isEmpty =
            snapshot.named == nil && snapshot.strangeLink == nil
            && TreeName.allCases.allSatisfy { tree in
                if case .damaged = snapshot.reading(of: tree) { return false }
                // An install that was cut short is nobody's version yet.
                return [nil, .filling, .filled].contains(snapshot.record(of: tree)?.state)
            }
        return isEmpty ? .nothingInstalled : .nothingToStart
    }

    private static func anythingWhole(_ snapshot: StoreSnapshot) -> [TreeName] {
        newestFirst(snapshot).filter { snapshot.record(of: $0)?.whole == true }
    }

    private static func newestFirst(_ snapshot: StoreSnapshot) -> [TreeName] {
        let counter = { (tree: TreeName) in
            snapshot.record(of: tree)?.identity.releaseCounter ?? 0
        }
        return SlotName.allCases.map(\.tree).sorted { counter($0) > counter($1) }
    }
}
