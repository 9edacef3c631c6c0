internal import Archive
internal import DurableFiles
public import Faults
internal import Sealing
public import Slots
internal import StrictJSON

/// Keeps the version that runs as the factory tree, or removes it.
public struct FactoryKeeping {
    /// What is left free beside the copy: the records, and some air.
    private static let margin: Int64 = 2 << 20

    private let configuration: Configuration
    private let reporter: any Reporter

    /// Makes the operation.
    public init(_ configuration: Configuration, reporter: any Reporter) {
        self.configuration = configuration
        self.reporter = reporter
    }

    /// Copies the version that runs, reads the copy back from the disk, and takes it for the factory
    /// tree in place of an earlier one.
    ///
    /// Until the copy is proved nothing has changed; an interruption leaves a draft, which the next
    /// time clears.
    ///
    /// - Parameter store: the store's path where the command names one.
    /// - Returns: the version that is kept.
    /// - Throws: a `Fault`; of code `slot-altered` where the copy is not what the record says.
    public func keep(store: String?) throws(Fault) -> VersionIdentity {
        let command = "nacelle factory keep"
        let path = try configuration.storePath(store)
        let users = SlotUsers.ofFactory(below: path)
        let open = try Store.open(path: path)
        // So that no install empties what is copied.
        let filling = try open.lockFilling(command)
        for line in try open.recover(command).lines { reporter.say(line, event: "recovered") }
        let (slot, record) = try open.keepable()
        try checkUsers(users)
        try open.clearFactoryRemains()
        let total = try checkSpace(slot, open)
        guard let source = try open.openSlot(slot) else {
            throw Fault(.storeDamaged, "Slot \(slot.rawValue) is gone.")
        }
        reporter.say(
            "Version \(record.identity.version) in slot \(slot.rawValue) is copied.",
            event: "copying",
            facts: [
                ("slot", .string(slot.rawValue)), ("version", .string(record.identity.version)),
                ("bytes", .integer(total)),
            ])
        // Older than the first write, so that no failed write-back goes unreported.
        let disk = try open.fileSystem()
        do throws(Fault) {
            let draft = try open.makeFactoryDraft()
            try copy(source, to: draft, total: total)
            var kept = record
            kept.index = try copyIndex(of: slot, record, open)
            try disk.syncAll()
            try prove(draft, record)
            try open.adoptFactory(kept, command)
        } catch {
            try? open.clearFactoryRemains()
            throw error
        }
        _ = consume filling
        return record.identity
    }

    /// Removes the factory tree.
    ///
    /// - Parameter store: the store's path where the command names one.
    /// - Returns: the version that was kept, where that is known.
    /// - Throws: a `Fault`, of code `slot-in-use` where it is needed.
    public func remove(store: String?) throws(Fault) -> VersionIdentity? {
        let command = "nacelle factory remove"
        let path = try configuration.storePath(store)
        let users = SlotUsers.ofFactory(below: path)
        let open = try Store.open(path: path)
        let filling = try open.lockFilling(command)
        for line in try open.recover(command).lines { reporter.say(line, event: "recovered") }
        try checkUsers(users)
        let identity = try open.removeFactory(command)
        _ = consume filling
        return identity
    }

    private func checkUsers(_ users: [String]) throws(Fault) {
        guard users.isEmpty else {
            throw Fault(
                .slotInUse,
                "The factory tree is still used by \(users.joined(separator: ", ")).",
                advice: "Restart what runs there, so that it runs the current version.")
        }
    }

    private func checkSpace(
        _ slot: SlotName, _ store: borrowing Store
    ) throws(Fault) -> Int64 {
        let space = try store.fileSystem().space()
        let tree = try SlotSpace.of(slot, store)
        let (bytes, inodes) = (tree.bytes + FactoryKeeping.margin, tree.inodes + 16)
        guard space.bytes >= bytes, space.inodes >= inodes else {
            let hasOne = try store.openTree(.factory) != nil
            throw Fault(
                .noSpace,
                "The factory tree needs \(bytes) bytes and \(inodes) inodes; \(space.bytes) bytes "
                    + "and \(space.inodes) inodes are free.",
                advice: hasOne
                    ? "Free that much, or give up the present one first: nacelle factory remove."
                    : "Free that much on the file system of \(store.path).")
        }
        return tree.bytes
    }

    private func copy(
        _ source: borrowing Directory, to draft: borrowing Directory, total: Int64
    ) throws(Fault) {
        let reader = try TreeReader.list(source, modeMask: 0o777)
        let writer = try TreeWriter(below: draft)
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var done: Int64 = 0
        for entry in reader.entries {
            try Interruption.check()
            try writer.begin(entry)
            if entry.kind == .file {
                let file = try reader.open(entry)
                var offset: Int64 = 0
                while true {
                    let count = try file.read(
                        into: &buffer, count: buffer.count, entry.path)
                    if count == 0 { break }
                    try Interruption.check()
                    try writer.data(buffer.span.extracting(0..<count), at: offset)
                    offset += Int64(count)
                    done += Int64(count)
                    reporter.progress("copy", done: done, total: total)
                }
            }
            try writer.end()
        }
        try writer.finish()
    }

    /// Copies the slot's chunk index; without one an install from the factory tree fetches more.
    private func copyIndex(
        of slot: SlotName, _ record: SlotRecord, _ store: borrowing Store
    ) throws(Fault) -> String? {
        guard let digest = record.index, let source = try store.openIndex(of: slot.tree) else {
            return nil
        }
        try store.writeIndex(of: .factory) { (file) throws(Fault) in
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = try source.read(into: &buffer, count: buffer.count, "a chunk index")
                if count == 0 { break }
                try file.write(buffer.span.extracting(0..<count), "a chunk index")
            }
        }
        return digest
    }

    /// The copy, read back past the page cache, is the version whose digest was signed.
    private func prove(
        _ draft: borrowing Directory, _ record: SlotRecord
    ) throws(Fault) {
        let scanner = TreeScanner(
            reading: .uncached(allowVolatile: false), refusal: .readBack,
            progress: { [reporter] done in
                reporter.progress("read back", done: done, total: 0)
            }, checkpoint: Interruption.check)
        let summary = try scanner.scan(draft)
        guard summary.digest == record.identity.tree else {
            throw Fault(
                .slotAltered,
                "The copy has the tree digest \(summary.digest.short)…, and the record says "
                    + "\(record.identity.tree.short)…: the slot was altered, or the disk is bad.",
                advice: "Find out which: nacelle verify. Nothing was kept.")
        }
    }
}
