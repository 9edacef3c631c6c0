internal import Faults
internal import Sealing
internal import Slots
internal import UpdateMachine

extension StoreFacts {
    /// Reads them from a store.
    ///
    /// - Parameters:
    ///   - snapshot: link and records.
    ///   - isBusy: whether another command is filling or watching a slot.
    init(_ snapshot: StoreSnapshot, isBusy: Bool) {
        let running = snapshot.running.map(Slot.init)
        let others = SlotName.allCases.filter { $0 != snapshot.current }
            .compactMap { snapshot.record($0) }.map(Slot.init)
        self.init(running: running, others: others, isBusy: isBusy)
    }

    /// A release in a slot, by what it is called.
    func slot(of release: String) -> Slot? {
        if let running, running.release == release { return running }
        return others.first { $0.release == release }
    }
}

extension StoreFacts.Slot {
    init(_ record: SlotRecord) {
        self.init(
            release: record.identity.release, version: record.identity.version,
            state: record.state == .ready && !record.whole ? "filled" : record.state.rawValue,
            reason: record.reason)
    }
}

extension VersionIdentity {
    /// What the machine calls this release: its tree and its release counter.
    var release: String { "\(tree.hex)#\(releaseCounter)" }
}
