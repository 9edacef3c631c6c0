public import DurableFiles
public import Faults
internal import Glibc
internal import StrictJSON

/// The store of one application, open: `current`, `slots`, `records`, `state` and the two locks.
///
/// Opening it as root makes the process the store's owner for all that follows, so that nothing in
/// it ever belongs to anyone else.
@safe
public struct Store: ~Copyable, Sendable {
    /// The store's path.
    public let path: String
    /// Who owns it.
    public let owner: (user: UInt32, group: UInt32)
    let root: Directory
    let slots: Directory
    let records: Directory
    let state: Directory

    /// Opens a store that exists.
    ///
    /// - Parameter path: its directory.
    /// - Returns: the store.
    /// - Throws: a `Fault` of code `not-found` where there is none.
    public static func open(path: String) throws(Fault) -> Store {
        let root: Directory
        do throws(Fault) {
            root = try Directory.open(path: path)
        } catch  where error.code == .notFound {
            throw Fault(
                .notFound, "There is no store at \(path).",
                advice: "Name it by --store or “store” in the configuration; the first install "
                    + "makes it.")
        }
        let info = try root.info()
        try becomeOwner(info)
        do throws(Fault) {
            return try Store(root: root, info: info, making: false)
        } catch  where error.code == .notFound {
            throw Fault(
                .notFound, "\(path) is no Nacelle store: \(error.message)",
                advice: "Name the store by --store or “store” in the configuration.")
        }
    }

    /// Opens a store, making what is missing of it.
    ///
    /// - Parameters:
    ///   - path: its directory; its parent must exist.
    ///   - owner: who is to own a store that is made now; `nil` for whoever runs the command.
    /// - Returns: the store.
    /// - Throws: a `Fault`, also where the directory holds something else.
    public static func openOrMake(
        path: String, owner: (user: UInt32, group: UInt32)?
    ) throws(Fault) -> Store {
        guard unsafe mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw systemFault("cannot make the store \(path)")
        }
        let root = try Directory.open(path: path)
        // Also one that a crash, or an administrator, left empty: nobody's work is in it yet.
        if try root.names(limit: 64).isEmpty {
            try root.chmod(0o755)
            if let owner, geteuid() == 0 {
                try root.chown(owner: owner.user, group: owner.group)
            }
        }
        let info = try root.info()
        let foreign = try root.names(limit: 64).filter { name in
            !["current", "slots", "records", "state", "filling.lock", "switch.lock", "lost+found"]
                .contains(name) && !name.hasPrefix(".")
        }
        guard foreign.isEmpty else {
            throw Fault(
                .storeDamaged, "\(path) holds “\(foreign[0])”, which belongs to no store.",
                advice: "Choose an empty directory for the store.")
        }
        try becomeOwner(info)
        return try Store(root: root, info: info, making: true)
    }

    /// Who owns the store at `path`; `nil` where there is none yet, or nothing in its directory.
    public static func owner(path: String) -> (user: UInt32, group: UInt32)? {
        guard let root = try? Directory.open(path: path), let info = try? root.info(),
            (try? root.names(limit: 64).isEmpty) == false
        else { return nil }
        return (info.owner, info.group)
    }

    /// Whose a store at `path` is, or will be when it is made.
    ///
    /// - Parameters:
    ///   - path: its directory; there may be none yet.
    ///   - owner: who is to own a store that is made now; `nil` for whoever runs the command.
    /// - Returns: the user and the group.
    public static func futureOwner(
        path: String, owner: (user: UInt32, group: UInt32)?
    ) -> (user: UInt32, group: UInt32) {
        if let own = Store.owner(path: path) { return own }
        if let owner, geteuid() == 0 { return owner }
        guard let root = try? Directory.open(path: path), let info = try? root.info() else {
            return (geteuid(), getegid())
        }
        return (info.owner, info.group)
    }

    private static func becomeOwner(_ info: EntryInfo) throws(Fault) {
        guard geteuid() == 0, info.owner != 0 else { return }
        try Identity.become(user: info.owner, group: info.group)
    }

    private init(
        root: consuming Directory, info: EntryInfo, making: Bool
    ) throws(Fault) {
        func directory(
            _ name: String, _ mode: UInt32, in root: borrowing Directory
        ) throws(Fault) -> Directory {
            guard making else { return try root.open(name) }
            let directory = try root.openOrMake(name, mode: mode)
            try directory.chmod(mode)
            return directory
        }
        let slots = try directory("slots", 0o755, in: root)
        let records = try directory("records", 0o755, in: root)
        let state = try directory("state", 0o700, in: root)
        // For the day on which the disk is full; one that cannot be written has to do without.
        if making { _ = try? state.openOrMake("requests", mode: 0o700) }
        if making { try root.sync() }
        path = root.path
        owner = (info.owner, info.group)
        self.slots = slots
        self.records = records
        self.state = state
        self.root = root
    }

    // MARK: What it says

    /// Reads link and records; waits for nobody.
    public func snapshot() throws(Fault) -> StoreSnapshot {
        let target: String?
        do throws(Fault) {
            target = try root.linkTarget("current")
        } catch  where error.code != .permission {
            // Something else than a link stands there, or one that holds no text.
            target = "something that is no link"
        }
        let named = TreeName.allCases.first { $0.linkTarget == target }
        return StoreSnapshot(
            current: named, strangeLink: named == nil ? target : nil, a: reading(.a),
            b: reading(.b), factory: reading(.factory))
    }

    private func reading(_ tree: TreeName) -> StoreSnapshot.Reading {
        do throws(Fault) {
            guard let bytes = try records.read(tree.recordFile, limit: SlotRecord.limit) else {
                return .none
            }
            return .record(try SlotRecord(reading: bytes))
        } catch {
            return .damaged(error.during("The record of \(tree.title)"))
        }
    }

    /// The directory of a slot; `nil` where it does not exist.
    public func openSlot(_ slot: SlotName) throws(Fault) -> Directory? {
        try openTree(slot.tree)
    }

    /// The directory of a tree; `nil` where it does not exist.
    public func openTree(_ tree: TreeName) throws(Fault) -> Directory? {
        // What is no directory holds no version; the next install puts one in its place.
        if let info = try slots.info(tree.rawValue), info.kind != .directory { return nil }
        return try slots.openIfPresent(tree.rawValue)
    }

    /// The slot's path.
    public func slotPath(_ slot: SlotName) -> String { slotPath(slot.tree) }

    /// The tree's path.
    public func slotPath(_ tree: TreeName) -> String { "\(path)/\(tree.linkTarget)" }

    /// The file system that the store stands on.
    public func fileSystem() throws(Fault) -> FileSystem { try FileSystem.of(root) }

    /// What is free on it, and how large it is.
    public func fileSystemSpace() throws(Fault) -> FileSystemSpace { try fileSystem().space() }

    // MARK: What changes it

    /// Writes a slot's record, durably.
    public func write(_ record: SlotRecord, of slot: SlotName) throws(Fault) {
        try write(record, as: slot.tree)
    }

    func write(_ record: SlotRecord, as tree: TreeName) throws(Fault) {
        var record = record
        record.changed = Int64(time(nil))
        try replace(tree.recordFile, in: records, with: record.json.pretty)
    }

    /// Removes a slot's record, durably: the slot counts as empty.
    public func removeRecord(of slot: SlotName) throws(Fault) {
        try records.remove(slot.recordFile)
        try records.sync()
    }

    /// Makes `current` name a tree by one rename, durably.
    public func setCurrent(_ tree: TreeName) throws(Fault) {
        try withReserve { () throws(Fault) in
            try root.replaceLink("current", target: tree.linkTarget)
        }
    }

    /// Empties a slot and makes its directory anew.
    ///
    /// The caller has written a record that says `filling` before, so that a crash in between
    /// leaves a slot that nothing takes for whole.
    ///
    /// - Returns: the empty slot.
    public func emptySlot(_ slot: SlotName) throws(Fault) -> Directory {
        try slots.removeTree(slot.rawValue)
        let fresh = try slots.make(slot.rawValue)
        try fresh.chmod(0o755)
        try slots.sync()
        return fresh
    }

    // MARK: Locks

    /// Takes the lock under which the spare slot is filled and proved.
    public func lockFilling(_ command: String) throws(Fault) -> FileLock {
        // An install that was killed is two processes: the second is gone within milliseconds.
        try FileLock.take("filling.lock", in: root, holder: command, patience: 1000)
    }

    /// Takes the lock around records and link, held for milliseconds.
    ///
    /// - Parameters:
    ///   - command: who takes it, for people.
    ///   - patience: how long to wait for another holder, in milliseconds.
    /// - Returns: the lock.
    /// - Throws: a `Fault` of code `busy` that says who holds it.
    public func lockSwitch(
        _ command: String, patience: Int = 10_000
    ) throws(Fault) -> FileLock {
        try withReserve { () throws(Fault) in
            try FileLock.take("switch.lock", in: root, holder: command, patience: patience)
        }
    }

    /// Who fills the spare slot now; `nil` for nobody.
    public func filler() -> String? { FileLock.holder("filling.lock", in: root) }
}
