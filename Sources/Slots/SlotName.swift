// Slots: the A/B store on disk: slots, records, the link `current`, locks, denials, the floor, the
// history. Small verbs, each durable before it returns; decides only how a crash is mended.

/// One of the two places for a version.
public enum SlotName: String, Sendable, CaseIterable {
    /// The first slot.
    case a
    /// The second slot.
    case b

    /// The other one.
    public var other: SlotName { self == .a ? .b : .a }
    /// What the link `current` holds when it names this slot.
    public var linkTarget: String { tree.linkTarget }
    /// The name of its record.
    var recordFile: String { tree.recordFile }
}
