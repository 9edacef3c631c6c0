internal import Bundle
internal import Faults
internal import Slots
internal import StrictJSON

/// How a trial ends where the version is not good.
extension Trial {
    /// The version failed: what was seen is kept, and the old version runs again.
    func failed(
        _ outcome: Probation.Outcome, _ failure: String, _ slot: SlotName, _ record: SlotRecord,
        _ keeper: ProgressKeeper, _ store: borrowing Store
    ) throws(Fault) -> Fault {
        let failure = Fault.clause(failure)
        // A rollback in the meantime has settled it.
        guard try store.snapshot().current == slot else {
            return Fault(
                .cancelled,
                "Version \(record.identity.version) was left while it failed: \(failure).",
                advice: "What the other command chose runs; look at `nacelle status`.")
        }
        var evidence = FailureEvidence(
            slot, record, .probationFailed, reason: "failed its probation: \(failure)")
        evidence.probes = outcome.probes
        evidence.log = LogTail(activation.settings).read()
        if activation.settings.unit != nil {
            evidence.restarts = keeper.progress.restarts
            evidence.memory = outcome.unit?.memory
        }
        let where_ = tellKept(evidence, in: store, reporter)
        let back = try leave(
            slot, record.identity, reason: "failed its probation: \(failure)",
            denying: outcome.isEvidence, report: outcome.report, store)
        return Fault(
            .probationFailed,
            "Version \(record.identity.version) failed its probation: \(failure). "
                + (back.map { "Version \($0.version) runs again." }
                    ?? "There is no version to fall back to; it stays, marked bad."),
            advice: (back?.isSameRelease(as: record.identity) == true
                ? "It is not denied, as it runs on where it was before; look at the machine."
                : outcome.isEvidence
                    ? "It is denied on this machine; release a corrected version with a higher "
                        + "release counter."
                    : "It is not denied; it is tried again while the application is in use.")
                + where_)
    }

    /// The probation ended without a verdict: the version goes, but is not denied; or it stays in
    /// trial, where somebody goes on with it.
    func interrupted(
        _ fault: Fault, _ slot: SlotName, _ record: SlotRecord, _ keeper: ProgressKeeper,
        _ specification: ProbationSpecification, _ store: borrowing Store
    ) throws(Fault) -> Fault {
        let version = record.identity.version
        let name = "The probation of version \(version)"
        guard try store.snapshot().current == slot else {
            return Fault(
                fault.code, "\(name) ended: \(fault.message)",
                advice: "What the other command chose runs; look at `nacelle status`.")
        }
        if leavesOnSignal, Interruption.came, try store.cancelRequest() == nil {
            return Fault(
                .cancelled,
                "\(fault.message) Version \(version) stays in trial: it was watched for "
                    + "\(keeper.progress.watched) of \(specification.duration) ms.",
                advice: "`nacelle activate` goes on with it.")
        }
        let back = try leave(
            slot, record.identity,
            reason: "its probation was not finished: \(Fault.clause(fault.message))",
            denying: false, report: nil, store)
        return Fault(
            fault.code,
            "\(name) was not finished: \(fault.message) "
                + (back.map { "Version \($0.version) runs again." } ?? "It stays, marked bad."),
            advice: "It is not denied; install it again to prove it.", cause: fault.cause)
    }

    /// Falls back and restarts the application there.
    ///
    /// - Returns: the version that runs again; `nil` where there was none to fall back to.
    private func leave(
        _ slot: SlotName, _ version: VersionIdentity, reason: String, denying: Bool,
        report: JSONValue?, _ store: borrowing Store
    ) throws(Fault) -> VersionIdentity? {
        let result = try store.fallBack(
            from: slot, reason: reason, denying: denying, probation: report, command)
        try? store.removeState(ProbationProgress.file)
        guard let result else {
            reporter.say(
                "The version in slot \(slot.rawValue) is bad (\(reason)), and there is "
                    + "nothing to fall back to; it stays.", event: "failed-and-stays",
                facts: [("reason", .string(reason))])
            tellAfter("failed-and-stays", version, slot, running: version, reason, store)
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
        try restart(result, store)
        tellAfter("fell-back", version, slot, running: result.running, reason, store)
        return result.running
    }

    /// Restarts the application after what runs was changed back; a failure is said, not undone.
    func restart(_ result: SwitchResult, _ store: borrowing Store) throws(Fault) {
        let problem = try activation.restart(
            slot: store.slotPath(result.to), version: result.running?.version ?? "")
        guard let problem else { return }
        reporter.say(
            "The application was not restarted: \(problem). Restart it by hand.",
            event: "warning", facts: [("problem", .string(problem))])
    }
}

/// Keeps evidence and says where; a disk that does not take it must not stop a fallback.
///
/// - Returns: the words for a fault's advice; empty where it is not kept.
func tellKept(
    _ evidence: FailureEvidence, in store: borrowing Store, _ reporter: any Reporter
) -> String {
    do throws(Fault) {
        try evidence.keep(in: store)
        let place = "\(store.path)/state/\(FailureEvidence.file)"
        reporter.say(
            "What was seen of the failure is kept in \(place).", event: "evidence",
            facts: [
                ("file", .string(place)),
                ("details", .array(evidence.details().map { .string($0) })),
            ])
        return " What was seen of it stands in \(place)."
    } catch {
        reporter.say("What was seen of the failure is not kept: \(error.message)", event: "warning")
        return ""
    }
}
