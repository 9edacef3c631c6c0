internal import Bundle
internal import Faults
internal import Processes
internal import Slots
internal import StrictJSON

/// From a slot that is ready to a version that is good, or back to the old one.
extension Installation {
    /// Swaps a slot in and sees its probation through.
    func swap(
        _ slot: SlotName, _ store: borrowing Store, _ settings: Settings,
        _ probation: ProbationSpecification
    ) throws(Fault) -> Outcome {
        try Interruption.check()
        let result = try store.swap(in: slot, command)
        let version = result.running?.version ?? ""
        reporter.say(
            "Slot \(slot.rawValue) with version \(version) is current; "
                + "\(result.left.map { "version \($0.version)" } ?? "nothing") ran before.",
            event: "swapped",
            facts: [("slot", .string(slot.rawValue)), ("version", .string(version))])
        return try watch(slot, settings, store, probation)
    }

    /// Restarts the application and watches it; anything but health ends in the old version.
    func watch(
        _ slot: SlotName, _ settings: Settings, _ store: borrowing Store,
        _ specification: ProbationSpecification
    ) throws(Fault) -> Outcome {
        guard let record = try store.snapshot().record(slot) else {
            throw Fault(.storeDamaged, "The record of slot \(slot.rawValue) is gone.")
        }
        let outcome: Probation.Outcome
        do throws(Fault) {
            outcome = try probation(of: record, in: slot, settings, store, specification)
        } catch {
            throw try interrupted(error, slot, record.identity, settings, store)
        }
        guard let failure = outcome.failure else {
            try store.confirm(slot, probation: outcome.report, command)
            reporter.say(
                "Version \(record.identity.version) in slot \(slot.rawValue) is good.",
                event: "good",
                facts: [
                    ("slot", .string(slot.rawValue)),
                    ("version", .string(record.identity.version)),
                    ("probation", outcome.report),
                ])
            return .installed(record.identity, slot)
        }
        let back = try leave(
            slot, reason: "failed its probation: \(failure)", denying: true,
            report: outcome.report, settings, store)
        throw Fault(
            .probationFailed,
            "Version \(record.identity.version) failed its probation: \(failure). "
                + (back.map { "Version \($0.version) runs again." }
                    ?? "There is no version to fall back to; it stays, marked bad."),
            advice: "It is denied on this machine; release a corrected version with a higher "
                + "release counter.")
    }

    /// The probation ended without a verdict: the version goes, but is not denied.
    private func interrupted(
        _ fault: Fault, _ slot: SlotName, _ identity: VersionIdentity, _ settings: Settings,
        _ store: borrowing Store
    ) throws(Fault) -> Fault {
        let name = "The probation of version \(identity.version)"
        guard try store.snapshot().current == slot else {
            return Fault(
                fault.code, "\(name) ended: \(fault.message)",
                advice: "What the other command chose runs; look at `nacelle status`.")
        }
        let back = try leave(
            slot, reason: "its probation was not finished: \(fault.message)", denying: false,
            report: nil, settings, store)
        return Fault(
            fault.code,
            "\(name) was not finished: \(fault.message) "
                + (back.map { "Version \($0.version) runs again." } ?? "It stays, marked bad."),
            advice: "It is not denied; install it again to prove it.", cause: fault.cause)
    }

    private func probation(
        of record: SlotRecord, in slot: SlotName, _ settings: Settings,
        _ store: borrowing Store, _ specification: ProbationSpecification
    ) throws(Fault) -> Probation.Outcome {
        let problem = try settings.activation.restart(
            slot: store.slotPath(slot), version: record.identity.version)
        if let problem {
            return Probation.Outcome(
                failure: problem,
                report: .members([("passed", .bool(false)), ("failure", .string(problem))]))
        }
        let stop = try Checkpoint(store)
        let probation = Probation(
            specification: specification, probe: settings.probe, reporter: reporter,
            checkpoint: stop.check)
        return try probation.watch()
    }

    /// Falls back and restarts the application there.
    ///
    /// - Returns: the version that runs again; `nil` where there was none to fall back to.
    @discardableResult
    private func leave(
        _ slot: SlotName, reason: String, denying: Bool, report: JSONValue?,
        _ settings: Settings, _ store: borrowing Store
    ) throws(Fault) -> VersionIdentity? {
        let result = try store.fallBack(
            from: slot, reason: reason, denying: denying, probation: report, command)
        guard let result else {
            reporter.say(
                "The version in slot \(slot.rawValue) is bad (\(reason)), and there is "
                    + "nothing to fall back to; it stays.", event: "failed-and-stays",
                facts: [("reason", .string(reason))])
            return nil
        }
        reporter.say(
            "Fell back to \(result.to.title)"
                + (result.running.map { ", version \($0.version)" } ?? "") + ".",
            event: "fell-back",
            facts: [
                ("slot", .string(result.to.rawValue)),
                ("version", result.running.map { .string($0.version) }),
                ("reason", .string(reason)),
            ])
        try restart(result, settings, store)
        return result.running
    }

    /// Restarts the application after what runs was changed back; a failure is said, not undone.
    func restart(
        _ result: SwitchResult, _ settings: Settings, _ store: borrowing Store
    ) throws(Fault) {
        let problem = try settings.activation.restart(
            slot: store.slotPath(result.to), version: result.running?.version ?? "")
        guard let problem else { return }
        reporter.say(
            "The application was not restarted: \(problem). Restart it by hand.",
            event: "warning", facts: [("problem", .string(problem))])
    }
}
