internal import StrictJSON
internal import Archive
internal import Bundle
internal import DurableFiles
internal import Faults
internal import Install
internal import Sealing
internal import Slots

/// From a verified bundle to a slot whose tree was read back from the disk.
extension Installation {
    /// What is left free beside the tree: the records, the reserve, and some air.
    private static let margin: Int64 = 2 << 20

    /// Fills a slot and reads it back.
    ///
    /// Until the slot is emptied nothing has changed; from then on it is no fallback.
    func fill(
        _ slot: SlotName, _ bundle: VerifiedBundle, _ keys: borrowing ContentKeys?,
        _ users: [SlotName: [String]], _ store: borrowing Store
    ) throws(Fault) {
        try checkSpare(slot, bundle.manifest, users[slot] ?? [], store)
        try checkPack(slot, bundle, keys, store)
        tellPlan(slot, bundle.manifest)
        if try store.application() == nil { try store.bind(to: bundle.manifest.application) }
        store.keepReserve()

        // Older than the first write, so that no failed write-back goes unreported.
        let disk = try store.fileSystem()
        let identity = VersionIdentity(bundle.manifest)
        var record = SlotRecord(
            state: .filling, identity: identity, bundle: Hex.encode(bundle.manifest.bundle))
        try store.write(record, of: slot)
        let directory = try store.emptySlot(slot)
        try unpack(bundle, keys, directory, store)
        try disk.syncAll()
        record.state = .filled
        try store.write(record, of: slot)
        try readBack(slot, bundle.manifest, store)
    }

    /// The spare slot may be emptied: nobody uses it, and the tree will fit.
    private func checkSpare(
        _ slot: SlotName, _ manifest: Manifest, _ users: [String], _ store: borrowing Store
    ) throws(Fault) {
        guard users.isEmpty else {
            throw Fault(
                .slotInUse,
                "The spare slot \(slot.rawValue) is still used by "
                    + "\(users.joined(separator: ", ")).",
                advice: "Restart what runs there, so that it runs the current version.")
        }
        let space = try store.fileSystem().space()
        let frees = try SlotSpace.of(slot, store)
        let bytes = manifest.tree.diskBytes + Installation.margin
        let available = space.bytes.saturatingAdd(frees.bytes)
        guard available >= bytes else {
            throw Fault(
                .noSpace,
                "The tree needs \(bytes) bytes on the disk; \(space.bytes) are free, and "
                    + "emptying slot \(slot.rawValue) frees \(frees.bytes) more.",
                advice: "Free \(bytes - available) bytes on the file system of \(store.path).")
        }
        let inodes = Int64(manifest.tree.entries) + 16
        guard space.inodes.saturatingAdd(frees.inodes) >= inodes else {
            throw Fault(
                .noSpace,
                "The tree needs \(inodes) inodes; \(space.inodes) are free, and emptying "
                    + "slot \(slot.rawValue) frees \(frees.inodes) more.",
                advice: "Remove files on the file system of \(store.path).")
        }
    }

    /// A damaged file must not cost the fallback: where the spare holds a whole version, every
    /// stored chunk is digested before it is emptied.
    private func checkPack(
        _ slot: SlotName, _ bundle: VerifiedBundle, _ keys: borrowing ContentKeys?,
        _ store: borrowing Store
    ) throws(Fault) {
        guard try store.snapshot().record(slot)?.whole == true else { return }
        let stop = try Checkpoint(store)
        try PackCheck.run(bundle, keys: keys) { [reporter] (done) throws(Fault) in
            try stop.check()
            reporter.progress("check", done: done.stored, total: done.storedTotal)
        }
    }

    private func tellPlan(_ slot: SlotName, _ manifest: Manifest) {
        reporter.say(
            "Installing \(manifest.application) \(manifest.version) into slot \(slot.rawValue): "
                + "\(manifest.packLength) bytes to read, \(manifest.tree.bytes) to write in "
                + "\(manifest.tree.entries) entries.", event: "plan",
            facts: [
                ("application", .string(manifest.application)),
                ("version", .string(manifest.version)), ("slot", .string(slot.rawValue)),
                ("read", .integer(manifest.packLength)),
                ("write", .integer(manifest.tree.bytes)),
                ("entries", .integer(manifest.tree.entries)),
            ])
    }

    private func unpack(
        _ bundle: VerifiedBundle, _ keys: borrowing ContentKeys?, _ directory: borrowing Directory,
        _ store: borrowing Store
    ) throws(Fault) {
        let stop = try Checkpoint(store)
        let writer = try TreeWriter(below: directory)
        try bundle.unpack(keys: keys, into: writer) { [reporter] (done) throws(Fault) in
            try stop.check()
            reporter.progress("unpack", done: done.plain, total: done.plainTotal)
        }
        try writer.finish()
        try directory.sync()
    }

    /// Reads the whole tree from the device, past the page cache.
    ///
    /// What does not come back as it was written is not filled any more.
    func readBack(
        _ slot: SlotName, _ manifest: Manifest, _ store: borrowing Store
    ) throws(Fault) {
        guard let directory = try store.openSlot(slot),
            var record = try store.snapshot().record(slot)
        else { throw Fault(.storeDamaged, "Slot \(slot.rawValue) is gone.") }
        let stop = try Checkpoint(store)
        let total = manifest.tree.bytes
        let scanner = TreeScanner(
            reading: .uncached(allowVolatile: false), refusal: .readBack,
            progress: { [reporter] done in
                reporter.progress("read back", done: done, total: total)
            }, checkpoint: stop.check)
        let summary = try scanner.scan(directory)
        guard summary.digest == manifest.tree.digest else {
            record.state = .filling
            try store.write(record, of: slot)
            throw Fault(
                .readBack,
                "What was read back from slot \(slot.rawValue) has the tree digest "
                    + "\(summary.digest.short)…; the signed manifest names "
                    + "\(manifest.tree.digest.short)….",
                advice: "Check the disk; the running version is untouched.")
        }
    }
}

extension Int64 {
    /// The sum, or the largest number where it would not fit.
    fileprivate func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
