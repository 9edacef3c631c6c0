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
            // Not the version's fault: it goes, but is not denied.
            try leave(
                slot, reason: error.message, denying: false, report: nil, settings, store)
            throw error.code == .cancelled
                ? error : error.during("The probation could not be held")
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
        let probation = Probation(
            specification: specification, probe: settings.probe, reporter: reporter)
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
                "ATTENTION: the version in slot \(slot.rawValue) is bad (\(reason)), and there is "
                    + "nothing to fall back to; it stays.", event: "failed-and-stays",
                facts: [("reason", .string(reason))])
            return nil
        }
        reporter.say(
            "Fell back to slot \(result.to.rawValue)"
                + (result.running.map { ", version \($0.version)" } ?? "") + ".",
            event: "fell-back",
            facts: [
                ("slot", .string(result.to.rawValue)),
                ("version", result.running.map { .string($0.version) }),
                ("reason", .string(reason)),
            ])
        let problem = try settings.activation.restart(
            slot: store.slotPath(result.to), version: result.running?.version ?? "")
        if let problem {
            reporter.say(
                "WARNING: the application was not restarted: \(problem). Restart it by hand.",
                event: "warning", facts: [("problem", .string(problem))])
        }
        return result.running
    }
}
