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
    /// Bytes after which what was written from a local source is written back.
    private static let localStep: Int64 = 32 << 20

    /// Fills a slot; nothing in it is proved then.
    ///
    /// Until the slot is emptied nothing has changed; from then on it is no fallback. A slot that an
    /// interruption left half-filled with the same tree is continued.
    func fill(
        _ slot: SlotName, _ form: borrowing Form, _ users: [SlotName: [String]],
        _ store: borrowing Store, rate: Int64?
    ) throws(Fault) {
        let manifest = form.bundle.manifest
        // Nobody proves what is emptied now.
        let proving = try store.lockProving(command)
        // A draft that a crash left takes the space of a whole tree; who makes one holds our lock.
        try store.clearFactoryRemains()
        try checkSpare(slot, manifest, users[slot] ?? [], store)
        try checkPack(slot, form, store)
        tellPlan(slot, form, rate: rate)
        if try store.application() == nil { try store.bind(to: manifest.application) }
        store.keepReserve()

        // Older than the first write, so that no failed write-back goes unreported.
        let disk = try store.fileSystem()
        let journal = try begin(slot, form, store)
        guard let directory = try store.openSlot(slot) else {
            throw Fault(.storeDamaged, "Slot \(slot.rawValue) is gone.")
        }
        let written = try unpack(form, directory, journal, store)
        try disk.syncAll()
        var record = SlotRecord(
            state: .filled, identity: VersionIdentity(manifest), bundle: manifest.fullBundle)
        record.index = try store.writeIndex(of: slot.tree) { (file) throws(Fault) in
            try SlotIndex.write(
                of: form.bundle, keys: form.keys, journal: journal, to: file,
                name: "the chunk index of slot \(slot.rawValue)")
        }.hex
        try store.write(record, of: slot)
        reporter.say(
            "Slot \(slot.rawValue) is filled: \(written) bytes written.", event: "filled",
            facts: [("slot", .string(slot.rawValue)), ("written", .integer(written))])
        _ = consume proving
    }

    /// Makes the slot ready to be filled, empty or as it was left, with its journal.
    private func begin(
        _ slot: SlotName, _ form: borrowing Form, _ store: borrowing Store
    ) throws(Fault) -> FillJournal {
        let manifest = form.bundle.manifest
        if let journal = form.local.journal { return journal }
        let record = SlotRecord(
            state: .filling, identity: VersionIdentity(manifest), bundle: manifest.fullBundle)
        if !Protection.fillingFirst.isOff { try store.write(record, of: slot) }
        let directory = try store.emptySlot(slot)
        if Protection.fillingFirst.isOff { try store.write(record, of: slot) }
        try store.clearJournal()
        let journal = try FillJournal(
            in: try store.journalDirectory(), stream: manifest.stream.digest, continuing: false)
        form.local.begin(journal, files: try TreeFiles(directory))
        return journal
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

    /// Digests every stored chunk before a whole version in the spare is given up.
    ///
    /// A damaged file must not cost the fallback. Of a remote bundle that would be a download.
    private func checkPack(
        _ slot: SlotName, _ form: borrowing Form, _ store: borrowing Store
    ) throws(Fault) {
        guard try store.snapshot().record(slot)?.whole == true, !form.isRemote,
            !Protection.packCheck.isOff
        else { return }
        let stop = try Checkpoint(store)
        try PackCheck.run(form.bundle, keys: form.keys) { [reporter] (done) throws(Fault) in
            try stop.check()
            reporter.progress("check", done: done.fetched, total: done.fetchTotal)
        }
    }

    private func unpack(
        _ form: borrowing Form, _ directory: borrowing Directory, _ journal: FillJournal,
        _ store: borrowing Store
    ) throws(Fault) -> Int64 {
        let stop = try Checkpoint(store)
        let watcher = damageReport(form)
        var supply = ChunkSupply(
            plan: form.plan, local: form.local,
            settler: try Settler(
                try store.fileSystem(), source: form.bundle.origin,
                localStep: Installation.localStep), watcher: watcher)
        supply.reliesOnStored = true
        let isRemote = form.isRemote
        let written = try form.bundle.fill(
            directory, keys: form.keys, supply: supply, journal: journal
        ) { [reporter] (done) throws(Fault) in
            try stop.check()
            if isRemote {
                reporter.progress("fetch", done: done.fetched, total: done.fetchTotal)
            } else {
                reporter.progress("unpack", done: done.plain, total: done.plainTotal)
            }
        }
        if watcher.extra > 0 {
            reporter.say(
                "\(watcher.extra) bytes beyond the plan were fetched for damaged files.",
                event: "extra", facts: [("fetched", .integer(watcher.extra))])
        }
        return written
    }
}

extension Int64 {
    /// The sum, or the largest number where it would not fit.
    fileprivate func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
