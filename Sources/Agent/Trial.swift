internal import Bundle
internal import Faults
internal import Processes
internal import Slots
internal import StrictJSON

/// Takes a version that is ready through its swap and its probation, to good or back to the old one.
struct Trial {
    let activation: Activation
    let probe: ProbeSettings?
    /// Where the model's health is read and kept.
    let health: HealthPlace
    let reporter: any Reporter
    /// Who does it, for the locks.
    let command: String
    /// Whether a signal leaves the trial as it is, for whoever goes on with it; else the version that
    /// ran before comes back.
    let leavesOnSignal: Bool

    /// Ends what may be left half-done by a signal, where a signal leaves the trial as it is.
    ///
    /// Where a signal undoes it, what undoes it must not be ended by the same signal.
    func checkSignal() throws(Fault) {
        if leavesOnSignal { try Interruption.check() }
    }

    /// Swaps a slot in and sees its probation through.
    ///
    /// - Parameters:
    ///   - slot: the slot, whose record says `ready`.
    ///   - store: the store.
    ///   - specification: how long it is watched, and how often.
    /// - Returns: the version, which is good.
    /// - Throws: a `Fault` where it is not; what runs then stands in its message.
    func swap(
        _ slot: SlotName, _ store: borrowing Store, _ specification: ProbationSpecification
    ) throws(Fault) -> VersionIdentity {
        try Interruption.check()
        try askBefore(slot, store)
        // What was watched in an earlier trial of the same version counts no more.
        try store.removeState(ProbationProgress.file)
        try HealthLook.forget(health, store)
        let result = try store.swap(in: slot, command)
        let version = result.running?.version ?? ""
        reporter.say(
            "Slot \(slot.rawValue) with version \(version) is current; "
                + "\(result.left.map { "version \($0.version)" } ?? "nothing") ran before.",
            event: "swapped",
            facts: [("slot", .string(slot.rawValue)), ("version", .string(version))])
        return try watch(slot, store, specification, progress: nil)
    }

    /// Asks the configured hook whether the version may be swapped in now.
    ///
    /// - Throws: a `Fault` of code `busy` with the hook's own words.
    private func askBefore(_ slot: SlotName, _ store: borrowing Store) throws(Fault) {
        let snapshot = try store.snapshot()
        let hook = Hook(
            words: activation.settings.before, timeout: activation.settings.hookTimeout)
        let answer = try hook.run(
            [
                "NACELLE_HOOK": "before", "NACELLE_SLOT": store.slotPath(slot),
                "NACELLE_VERSION": snapshot.record(slot)?.identity.version ?? "",
                "NACELLE_RUNNING": snapshot.running?.identity.version ?? "",
                "NACELLE_STORE": store.path,
            ], checkpoint: Interruption.check)
        guard let answer else { return }
        throw Fault(
            .busy, "Not now: \(answer).",
            advice: "The version stays ready, and nothing was changed; try again later.")
    }

    /// Watches the running trial; anything but health ends in the old version.
    ///
    /// - Parameters:
    ///   - slot: the slot in trial.
    ///   - store: the store.
    ///   - specification: how long and how often.
    ///   - progress: how far it came before; `nil` where it begins.
    /// - Returns: the version, which is good.
    /// - Throws: a `Fault` where it is not; what runs then stands in its message.
    func watch(
        _ slot: SlotName, _ store: borrowing Store, _ specification: ProbationSpecification,
        progress: ProbationProgress?
    ) throws(Fault) -> VersionIdentity {
        guard let record = try store.snapshot().record(slot) else {
            throw Fault(.storeDamaged, "The record of slot \(slot.rawValue) is gone.")
        }
        let keeper = ProgressKeeper(
            progress ?? ProbationProgress(slot, record), command: command, reporter: reporter)
        let outcome: Probation.Outcome
        do throws(Fault) {
            outcome = try probation(
                of: record, in: slot, store, specification, keeper, isNew: progress == nil)
        } catch {
            keeper.write(store)
            throw try interrupted(error, slot, record, keeper, specification, store)
        }
        if let failure = outcome.failure {
            throw try failed(outcome, failure, slot, record, keeper, store)
        }
        try store.confirm(slot, probation: outcome.report, command)
        try? store.removeState(ProbationProgress.file)
        reporter.say(
            "Version \(record.identity.version) in slot \(slot.rawValue) is good.",
            event: "good",
            facts: [
                ("slot", .string(slot.rawValue)), ("version", .string(record.identity.version)),
                ("probation", outcome.report),
            ])
        tellAfter("good", record.identity, slot, running: record.identity, "", store)
        return record.identity
    }

    private func probation(
        of record: SlotRecord, in slot: SlotName, _ store: borrowing Store,
        _ specification: ProbationSpecification, _ keeper: ProgressKeeper, isNew: Bool
    ) throws(Fault) -> Probation.Outcome {
        let report = isNew ? nil : try activation.report(checkpoint: checkSignal)
        if !isNew, isRunning(keeper.progress, report) {
            reporter.say(
                "The application runs version \(record.identity.version) already.",
                event: "running")
        } else if let problem = try activation.restart(
            slot: store.slotPath(slot), version: record.identity.version, checkpoint: checkSignal)
        {
            let unit = try activation.report(checkpoint: checkSignal)
            guard activation.blames(unit, swapped: keeper.progress.swapped) else {
                throw Fault(
                    .permission, "The application was not restarted: \(problem).",
                    advice: "See whether systemd answers, and whether this user may restart it.")
            }
            return Probation.Outcome(
                failure: problem,
                report: .members([("passed", .bool(false)), ("failure", .string(problem))]),
                unit: unit)
        } else {
            keeper.wasRestarted(store, unit: try activation.report(checkpoint: checkSignal))
        }
        let stop = try Checkpoint(store)
        let look = try HealthLook(health, slot, record, store)
        if let problem = look.problem {
            reporter.say(
                "Nothing is said of its model, whose reference cannot be read: \(problem)",
                event: "warning", facts: [("problem", .string(problem))])
        }
        let model = DriftGuard(
            look, health.settings, probe: specification.interval, command: command)
        let probation = Probation(
            specification: specification, probe: probe, activation: activation, keeper: keeper,
            reporter: reporter, checkpoint: stop.check, model: model)
        return try probation.watch(store)
    }

    /// Whether the application surely runs the version in trial, so that it needs no restart.
    private func isRunning(_ progress: ProbationProgress, _ report: UnitReport?) -> Bool {
        guard activation.settings.unit != nil else {
            return progress.restarted || !activation.isConfigured
        }
        return report.map { progress.isRunning($0) } ?? false
    }

    /// Tells the configured hook how it ended; what the hook says changes nothing.
    func tellAfter(
        _ outcome: String, _ version: VersionIdentity, _ slot: SlotName,
        running: VersionIdentity?, _ reason: String, _ store: borrowing Store
    ) {
        let current = (try? store.snapshot().named) ?? nil
        do throws(Fault) {
            let hook = Hook(
                words: activation.settings.after, timeout: activation.settings.hookTimeout)
            let problem = try hook.run(
                [
                    "NACELLE_HOOK": "after", "NACELLE_OUTCOME": outcome,
                    "NACELLE_VERSION": version.version,
                    "NACELLE_SLOT": store.slotPath(current ?? slot.tree),
                    "NACELLE_RUNNING": running?.version ?? "", "NACELLE_REASON": reason,
                    "NACELLE_STORE": store.path,
                ], checkpoint: checkSignal)
            guard let problem else { return }
            reporter.say(
                "After the swap: \(problem).", event: "warning",
                facts: [("problem", .string(problem))])
        } catch {
            reporter.say("After the swap: \(error.message)", event: "warning")
        }
    }
}
