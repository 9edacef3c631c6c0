internal import DurableFiles
public import Faults

/// What the store says at one moment: the link and the records.
///
/// A value; nothing is open.
public struct StoreSnapshot: Sendable {
    /// What stands where a slot's record should be.
    public enum Reading: Sendable {
        /// No record: the slot is empty.
        case none
        /// A record.
        case record(SlotRecord)
        /// A record that cannot be read, and why.
        case damaged(Fault)
    }

    /// The tree that `current` names; `nil` in an empty store.
    public var named: TreeName?
    /// What the link holds where it names no tree of the store.
    public var strangeLink: String?
    /// The record of slot a.
    public var a: Reading
    /// The record of slot b.
    public var b: Reading
    /// The record of the factory tree.
    public var factory: Reading

    /// Makes a snapshot.
    public init(
        current named: TreeName?, strangeLink: String? = nil, a: Reading, b: Reading,
        factory: Reading = .none
    ) {
        self.named = named
        self.strangeLink = strangeLink
        self.a = a
        self.b = b
        self.factory = factory
    }

    /// The slot that `current` names; `nil` in an empty store, and where the factory tree runs.
    public var current: SlotName? { named?.slot }

    /// What is known of a tree.
    public func reading(of tree: TreeName) -> Reading {
        switch tree {
        case .a: a
        case .b: b
        case .factory: factory
        }
    }

    /// A tree's record; `nil` where there is none or it is damaged.
    public func record(of tree: TreeName) -> SlotRecord? {
        guard case .record(let record) = reading(of: tree) else { return nil }
        return record
    }

    /// What is known of a slot.
    public func reading(_ slot: SlotName) -> Reading { reading(of: slot.tree) }

    /// A slot's record; `nil` where there is none or it is damaged.
    public func record(_ slot: SlotName) -> SlotRecord? { record(of: slot.tree) }

    /// The record of the version that runs.
    public var running: SlotRecord? { named.flatMap { record(of: $0) } }

    /// The slot that an install fills.
    ///
    /// Where the link names no slot (the factory tree runs, somebody removed it, or it never was) a
    /// begun filling is gone on with, and a whole version is not overwritten as long as there is
    /// another place; a good one last of all.
    public var spare: SlotName {
        current?.other ?? (worth(.b) < worth(.a) ? .b : .a)
    }

    /// How much would be lost with what a slot holds.
    private func worth(_ slot: SlotName) -> Int {
        guard let record = record(slot) else { return 1 }
        return switch record.state {
        case .filling, .filled: 0
        case .ready, .trial: record.whole ? 2 : 1
        case .bad: record.whole ? 3 : 1
        case .good: record.whole ? 4 : 1
        }
    }

    /// The slot whose version may be swapped in: the spare one, or in a store where nothing runs the
    /// one with the highest release; `nil` where none is ready.
    public var ready: SlotName? {
        SlotName.allCases.filter { slot in
            guard slot != current, let record = record(slot) else { return false }
            return record.state == .ready && record.whole
        }.max { releaseCounter($0) < releaseCounter($1) }
    }

    private func releaseCounter(_ slot: SlotName) -> UInt64 {
        record(slot)?.identity.releaseCounter ?? 0
    }

    /// The slot that a version is filled into: the ``spare``, or where nothing runs the one that it
    /// stands in already.
    public func spare(for identity: VersionIdentity) -> SlotName {
        if let current { return Protection.spare.isOff ? current : spare }
        return SlotName.allCases.first { record($0)?.identity == identity } ?? spare
    }

    /// Refuses a link that names no slot: what runs is then unknown, and must not be overwritten.
    ///
    /// - Parameter store: the store's path, for the message.
    /// - Throws: a `Fault` of code `store-damaged`.
    public func checkLink(store: String) throws(Fault) {
        guard let strangeLink else { return }
        throw Fault(
            .storeDamaged,
            "The link \(store)/current names “\(strangeLink)”; slots/a or slots/b "
                + "was expected.",
            advice: "Set it to the slot that is to run: ln -sfn slots/a \(store)/current.")
    }

    /// Whether a slot holds a whole version that can be gone back to without an operator's word.
    public func isFallback(_ slot: SlotName) -> Bool { isFallback(tree: slot.tree) }

    /// Whether a tree is a whole version that can be gone back to without an operator's word.
    public func isFallback(tree: TreeName) -> Bool {
        guard tree != named, let record = record(of: tree) else { return false }
        return record.whole && record.state == .good
    }

    /// What a version that leaves the running one falls back to.
    ///
    /// - Parameter wanted: the tree that its record names.
    /// - Returns: that tree where it is whole and good, else the factory tree where there is one.
    func fallback(wanted: TreeName?) -> TreeName? {
        if let wanted, isFallback(tree: wanted) { return wanted }
        return isFallback(tree: .factory) ? .factory : nil
    }
}
