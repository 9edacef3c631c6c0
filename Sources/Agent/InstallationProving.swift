internal import StrictJSON
internal import Bundle
internal import DurableFiles
internal import Faults
internal import Glibc
internal import Install
internal import Processes
internal import Slots
internal import Smoke

/// From a filled slot to one that is ready: the version proves itself on this machine.
extension Installation {
    /// Runs the smoke inference, and records `ready` or what went wrong.
    func prove(
        _ slot: SlotName, _ bundle: VerifiedBundle, _ store: borrowing Store,
        _ settings: Settings
    ) throws(Fault) {
        guard let directory = try store.openSlot(slot),
            var record = try store.snapshot().record(slot)
        else { throw Fault(.storeDamaged, "Slot \(slot.rawValue) is gone.") }
        reporter.say("Smoke run of version \(record.identity.version).", event: "smoke")
        let stop = try Checkpoint(store)
        let run = SmokeRun(
            bundle.manifest.smoke, try settings.smokeConfiguration(store), checkpoint: stop.check)
        let outcome = run.perform(in: directory)
        record.smoke = outcome.report.json
        for line in outcome.report.summary { reporter.say("  " + line, event: "smoke-report") }
        if let fault = outcome.fault {
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
        store.note(
            "smoke-failed", slot: slot, identity: record.identity, detail: fault.message)
    }
}

extension Installation.Settings {
    /// What a smoke run needs to know of this machine.
    func smokeConfiguration(_ store: borrowing Store) throws(Fault) -> SmokeConfiguration {
        SmokeConfiguration(
            isolation: smoke.isolated ? .full(try UserAccount(named: smoke.user)) : .none,
            runtimeDirectory: smoke.runtimeDirectory, protected: [store.path])
    }

    /// Makes the smoke runs' directory where it does not exist; while the command is still root.
    func makeRuntimeDirectory(owner: (user: UInt32, group: UInt32)?) throws(Fault) {
        let place = try FilePlace(smoke.runtimeDirectory)
        let directory = try Directory.open(path: place.parent).openOrMake(place.name)
        // Whatever root's umask is: the smoke run's user has to enter it.
        try directory.chmod(0o755)
        if let owner, geteuid() == 0 {
            try directory.chown(owner: owner.user, group: owner.group)
        }
    }
}
