internal import Archive
internal import Bundle
internal import DurableFiles
internal import Faults
internal import Glibc
internal import Install
internal import Processes
internal import Sealing
internal import Slots
internal import Smoke
internal import StrictJSON

/// Proves a filled slot: what was written is what was signed, and it works on this machine.
struct Proof {
    let smoke: SmokeSettings
    let reporter: any Reporter

    /// Reads the slot back and runs the smoke inference; records `ready`, or what went wrong.
    ///
    /// - Parameters:
    ///   - slot: the slot, whose record says `filled`.
    ///   - manifest: the version's manifest, verified.
    ///   - store: the store.
    /// - Throws: a `Fault` of what failed.
    func run(_ slot: SlotName, _ manifest: Manifest, _ store: borrowing Store) throws(Fault) {
        try readBack(slot, manifest, store)
        try smokeRun(slot, manifest, store)
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
        guard !Protection.readBack.isOff else {
            reporter.say(
                "This is a build for measuring: what was written is not read back. Never ship it.",
                event: "warning")
            return try store.clearFilling()
        }
        let stop = try Checkpoint(store)
        let total = manifest.tree.bytes
        let scanner = TreeScanner(
            reading: Protection.uncachedRead.isOff ? .cached : .uncached(allowVolatile: false),
            refusal: .readBack,
            progress: { [reporter] done in
                reporter.progress("read back", done: done, total: total)
            }, checkpoint: stop.check)
        let summary = try scanner.scan(directory)
        guard summary.digest == manifest.tree.digest else {
            record.state = .filling
            try store.write(record, of: slot)
            // Not to be continued: what the disk did to it is not known.
            try store.clearFilling()
            throw Fault(
                .readBack,
                "What was read back from slot \(slot.rawValue) has the tree digest "
                    + "\(summary.digest.short)…; the signed manifest names "
                    + "\(manifest.tree.digest.short)….",
                advice: "Check the disk; the running version is untouched.")
        }
        try store.clearFilling()
    }

    private func smokeRun(
        _ slot: SlotName, _ manifest: Manifest, _ store: borrowing Store
    ) throws(Fault) {
        guard let directory = try store.openSlot(slot),
            var record = try store.snapshot().record(slot)
        else { throw Fault(.storeDamaged, "Slot \(slot.rawValue) is gone.") }
        reporter.say("Smoke run of version \(record.identity.version).", event: "smoke")
        let stop = try Checkpoint(store)
        let run = SmokeRun(
            manifest.smoke, try smoke.configuration(store), checkpoint: stop.check)
        let outcome = run.perform(in: directory)
        record.smoke = outcome.report.json
        for line in outcome.report.summary { reporter.say("  " + line, event: "smoke-report") }
        if let fault = outcome.fault, !Protection.smoke.isOff {
            try fail(slot, &record, fault, store)
            throw fault
        }
        try stop.check()
        record.state = .ready
        record.whole = true
        try store.write(record, of: slot)
        reporter.say(
            "Slot \(slot.rawValue) is ready.", event: "ready",
            facts: [("slot", .string(slot.rawValue)), ("smoke", outcome.report.json)])
    }

    /// Records a failed smoke run, and denies the version where that is evidence against it.
    private func fail(
        _ slot: SlotName, _ record: inout SlotRecord, _ fault: Fault, _ store: borrowing Store
    ) throws(Fault) {
        var denies = false
        switch Evidence(fault.code) {
        case .conclusive: denies = true
        case .repeated:
            let count = try store.countMiss(
                of: fault.code.rawValue, by: record.identity, at: Int64(time(nil)))
            denies = count >= Evidence.repetitions
        case .none:
            // A cancelled or unisolated run says nothing: the slot stays filled, and the next
            // attempt reads it back and proves it.
            return
        }
        record.state = .bad
        record.reason = fault.message
        if denies {
            try store.deny(record.identity, reason: fault.message)
            reporter.say(
                "Version \(record.identity.version) is denied on this machine.", event: "denied",
                facts: [("version", .string(record.identity.version))])
        }
        try store.write(record, of: slot)
        _ = tellKept(
            FailureEvidence(slot, record, fault.code, reason: fault.message), in: store, reporter)
        store.note(
            "smoke-failed", slot: slot, identity: record.identity, detail: fault.message)
    }
}

extension SmokeSettings {
    /// Whether a unit of root's proves the slots, since this command may not isolate.
    var isDelegated: Bool { unit != nil && isolated && !Identity.regainsRoot }

    /// What a smoke run needs to know of this machine.
    func configuration(_ store: borrowing Store) throws(Fault) -> SmokeConfiguration {
        SmokeConfiguration(
            isolation: isolated ? .full(try UserAccount(named: user)) : .none,
            runtimeDirectory: runtimeDirectory, protected: [store.path])
    }

    /// Makes the smoke runs' directory where it does not exist; while the command is still root.
    func makeRuntimeDirectory(owner: (user: UInt32, group: UInt32)?) throws(Fault) {
        let place = try FilePlace(runtimeDirectory)
        let directory = try Directory.open(path: place.parent).openOrMake(place.name)
        // Whatever root's umask is: the smoke run's user has to enter it.
        try directory.chmod(0o755)
        if let owner, geteuid() == 0 {
            try directory.chown(owner: owner.user, group: owner.group)
        }
    }
}
