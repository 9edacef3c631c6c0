extension StoreSnapshot {
    /// A slot's content in a few words.
    public func describe(_ slot: SlotName) -> String { describe(tree: slot.tree) }

    /// A tree's content in a few words.
    public func describe(tree: TreeName) -> String {
        switch reading(of: tree) {
        case .none: "is empty"
        case .damaged: "has a record that cannot be read"
        case .record(let record):
            switch record.state {
            case .filling: "is being filled, or its install was interrupted"
            case .filled: "is not proved yet"
            case .ready: "holds \(record.identity.version), which never ran"
            case .trial: "holds \(record.identity.version) in trial"
            case .good: "holds \(record.identity.version)"
            case .bad: "holds \(record.identity.version), which is marked bad"
            }
        }
    }
}
