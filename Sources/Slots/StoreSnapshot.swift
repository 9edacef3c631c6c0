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

    /// The slot that `current` names; `nil` in an empty store.
    public var current: SlotName?
    /// What the link holds where it names no slot.
    public var strangeLink: String?
    /// The record of slot a.
    public var a: Reading
    /// The record of slot b.
    public var b: Reading

    /// Makes a snapshot.
    public init(current: SlotName?, strangeLink: String? = nil, a: Reading, b: Reading) {
        self.current = current
        self.strangeLink = strangeLink
        self.a = a
        self.b = b
    }

    /// What is known of a slot.
    public func reading(_ slot: SlotName) -> Reading { slot == .a ? a : b }

    /// A slot's record; `nil` where there is none or it is damaged.
    public func record(_ slot: SlotName) -> SlotRecord? {
        guard case .record(let record) = reading(slot) else { return nil }
        return record
    }

    /// The record of the version that runs.
    public var running: SlotRecord? { current.flatMap { record($0) } }

    /// The slot that an install fills.
    ///
    /// Without a link, which somebody removed or which never was, a whole version is not overwritten
    /// as long as there is another place.
    public var spare: SlotName {
        current?.other ?? (record(.a)?.whole == true ? .b : .a)
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
        guard current == nil else { return spare }
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
    public func isFallback(_ slot: SlotName) -> Bool {
        guard slot != current, let record = record(slot) else { return false }
        return record.whole && record.state == .good
    }
}
