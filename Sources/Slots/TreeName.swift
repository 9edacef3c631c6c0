/// One of the trees that the link `current` can name: the two slots, and the factory tree.
///
/// The factory tree is a version that was kept by hand. It is never spare, so nothing fills it; from
/// it either slot may be filled.
public enum TreeName: String, Sendable, CaseIterable {
    /// The first slot.
    case a
    /// The second slot.
    case b
    /// The version that is kept for the day on which neither slot holds a good one.
    case factory

    /// The slot; `nil` for the factory tree.
    public var slot: SlotName? { SlotName(rawValue: rawValue) }
    /// What the link `current` holds when it names this tree.
    public var linkTarget: String { "slots/\(rawValue)" }
    /// What people call it: `slot a`, `the factory tree`.
    public var title: String { slot.map { "slot \($0.rawValue)" } ?? "the factory tree" }
    /// The same at the beginning of a sentence.
    public var heading: String { slot.map { "Slot \($0.rawValue)" } ?? "The factory tree" }
    /// The name of its record.
    var recordFile: String { "\(rawValue).json" }
    /// The name of its chunk index below `records`.
    var indexFile: String { "\(rawValue).index" }
}

extension SlotName {
    /// The tree in this slot.
    public var tree: TreeName { self == .a ? .a : .b }
}
