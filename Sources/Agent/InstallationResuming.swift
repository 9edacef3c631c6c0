internal import Bundle
internal import Faults
internal import Slots
internal import StrictJSON

/// What an earlier install left that this one goes on with.
extension Installation {
    /// The very version that runs: done when it is good and whole, else its probation goes on.
    func resumeRunning(
        _ identity: VersionIdentity, _ fetcher: Fetcher, _ store: borrowing Store,
        _ settings: Settings, _ probation: ProbationSpecification
    ) throws(Fault) -> Outcome? {
        let snapshot = try store.snapshot()
        guard let current = snapshot.current, let running = snapshot.running else { return nil }
        let isSame = running.identity.isSameRelease(as: identity)
        switch running.state {
        case .good where isSame:
            guard try isWhole(current, running, store) else { return nil }
            reporter.say(
                "Version \(identity.version) runs already in slot \(current.rawValue), and is good "
                    + "and whole.",
                event: "already-running")
            return .alreadyRunning(identity, current)
        case .trial:
            guard isSame else {
                throw Fault(
                    .slotInUse,
                    "Version \(running.identity.version) in slot \(current.rawValue) "
                        + "is in trial, and the spare slot is what it falls back to.",
                    advice: "Install that version again to finish its probation, or roll it back.")
            }
            if options.prepares {
                reporter.say(
                    "Version \(identity.version) runs in trial in slot \(current.rawValue).",
                    event: "already-running")
                return .alreadyRunning(identity, current)
            }
            fetcher.finish()
            reporter.say(
                "Version \(identity.version) is in trial; its probation begins anew.",
                event: "resumed")
            let version = try trial(settings).watch(current, store, probation, progress: nil)
            return .installed(version, current)
        default: return nil
        }
    }

    /// Whether the version that runs stands on the disk as it was installed; where it does not, that
    /// is said, and it is installed anew in the spare slot.
    private func isWhole(
        _ current: SlotName, _ running: SlotRecord, _ store: borrowing Store
    ) throws(Fault) -> Bool {
        do throws(Fault) {
            _ = try SlotVerification.scan(current.tree, running, store, reporter)
            return true
        } catch  where [.slotAltered, .readBack, .permission].contains(error.code) {
            // All of it is the store's owner's, who is who reads it: also a mode was altered.
            reporter.say(
                "\(error.message) It is installed anew in slot \(current.other.rawValue).",
                event: "altered", facts: [("slot", .string(current.rawValue))])
            return false
        }
    }

    /// How far an earlier install of the very same bundle came in a slot; `nil` for anything else.
    func progress(
        of slot: SlotName, _ manifest: Manifest, _ store: borrowing Store
    ) throws(Fault) -> SlotRecord.State? {
        guard let record = try store.snapshot().record(slot),
            record.identity == VersionIdentity(manifest), record.bundle == manifest.fullBundle
        else { return nil }
        return record.state == .ready && !record.whole ? nil : record.state
    }

    /// The same, after a slot that was proved before was read once more.
    ///
    /// One that was altered since is filled anew.
    func presentProgress(
        of slot: SlotName, _ manifest: Manifest, _ store: borrowing Store
    ) throws(Fault) -> SlotRecord.State? {
        let found = try progress(of: slot, manifest, store)
        guard found == .ready, let record = try store.snapshot().record(slot) else { return found }
        do throws(Fault) {
            try SlotVerification.confirmReady(slot, record, store, reporter)
            return found
        } catch  where error.code == .slotAltered {
            reporter.say(error.message + " It is filled anew.", event: "altered")
            return nil
        }
    }
}
