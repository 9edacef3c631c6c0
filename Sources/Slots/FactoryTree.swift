public import DurableFiles
public import Faults
internal import Glibc

/// The factory tree: a version that was kept by hand, beside the two slots.
extension Store {
    private static let draft = ".factory.new"
    private static let dropped = ".factory.old"

    /// The record of the version that may be kept: the one that runs, proved.
    ///
    /// - Returns: the slot that it stands in, and its record.
    /// - Throws: a `Fault` that says why there is none.
    public func keepable() throws(Fault) -> (slot: SlotName, record: SlotRecord) {
        let snapshot = try snapshot()
        try snapshot.checkLink(store: path)
        if snapshot.named == .factory {
            throw Fault(
                .slotInUse, "The factory tree runs, and what runs is never written.",
                advice: "Install a version; once it is good, keep that one.")
        }
        guard let slot = snapshot.current else {
            throw Fault(
                .notFound, "Nothing is installed in \(path), so there is nothing to keep.",
                advice: "Install a bundle: nacelle install FILE.")
        }
        guard let record = snapshot.running, record.state == .good, record.whole else {
            throw Fault(
                .notFound,
                "Slot \(slot.rawValue) runs, and it \(snapshot.describe(slot)); only a version "
                    + "that is good is kept.",
                advice: "Wait for the end of its probation, or install a version that works.")
        }
        return (slot, record)
    }

    /// An empty directory in which the factory tree is made; one that a crash left is emptied.
    public func makeFactoryDraft() throws(Fault) -> Directory {
        try clearFactoryRemains()
        let draft = try slots.make(Store.draft)
        try draft.chmod(0o755)
        return draft
    }

    /// Removes what a keeping or removing that was cut short has left.
    public func clearFactoryRemains() throws(Fault) {
        for name in [Store.draft, Store.dropped] { try slots.removeTree(name) }
        try records.remove(".factory.index.new")
    }

    /// Puts the draft, proved and durable, in the place of the factory tree.
    ///
    /// Between the renames, for an instant, there is none; a crash then leaves none, and never a
    /// half one.
    ///
    /// - Parameters:
    ///   - record: what is known of it.
    ///   - command: who does it, for the lock.
    /// - Throws: a `Fault`, also where the factory tree began to run in the meantime.
    public func adoptFactory(_ record: SlotRecord, _ command: String) throws(Fault) {
        let lock = try lockSwitch(command)
        try checkFactoryIsFree()
        try dropFactory(withIndex: false)
        if let draft = try slots.openIfPresent(Store.draft) {
            // Nobody makes a name in it, not even its owner; the entries keep the modes that their
            // digest covers.
            try draft.chmod(0o555)
            try draft.sync()
        }
        try slots.rename(Store.draft, to: TreeName.factory.rawValue)
        var record = record
        record.state = .good
        record.attempts = 0
        record.fallback = nil
        record.reason = ""
        try write(record, as: .factory)
        note("factory-kept", tree: .factory, identity: record.identity)
        _ = consume lock
        try clearFactoryRemains()
    }

    /// Removes the factory tree.
    ///
    /// - Parameter command: who does it, for the lock.
    /// - Returns: the version that it held, where that is known.
    /// - Throws: a `Fault` of code `slot-in-use` where it runs or is what a trial falls back to, of
    ///   code `not-found` where there is none.
    public func removeFactory(_ command: String) throws(Fault) -> VersionIdentity? {
        let lock = try lockSwitch(command)
        try checkFactoryIsFree()
        let snapshot = try snapshot()
        if case .none = snapshot.reading(of: .factory), try openTree(.factory) == nil {
            try clearFactoryRemains()
            throw Fault(.notFound, "There is no factory tree in \(path).")
        }
        let identity = snapshot.record(of: .factory)?.identity
        try dropFactory(withIndex: true)
        note("factory-removed", tree: .factory, identity: identity)
        _ = consume lock
        // The files go without the lock: a large tree takes a while.
        try clearFactoryRemains()
        return identity
    }

    private func checkFactoryIsFree() throws(Fault) {
        let snapshot = try snapshot()
        if snapshot.named == .factory {
            throw Fault(
                .slotInUse, "The factory tree runs.",
                advice: "Install a version or roll back to a slot first.")
        }
        if let running = snapshot.running, running.state == .trial, running.fallback == .factory {
            throw Fault(
                .slotInUse,
                "Version \(running.identity.version) is in trial, and the factory tree is what it "
                    + "falls back to.", advice: "Wait for the end of its probation.")
        }
    }

    /// Takes record and name away, so that nothing takes it for whole; the files are removed later.
    private func dropFactory(withIndex: Bool) throws(Fault) {
        try records.remove(TreeName.factory.recordFile)
        if withIndex { try records.remove(TreeName.factory.indexFile) }
        try records.sync()
        guard let directory = try openTree(.factory) else { return }
        // A directory that its owner may not write to cannot be moved by all kernels.
        try directory.chmod(0o755)
        try slots.removeTree(Store.dropped)
        try slots.rename(TreeName.factory.rawValue, to: Store.dropped)
    }
}
