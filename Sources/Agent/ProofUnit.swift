internal import Bundle
internal import Faults
internal import Processes
internal import Slots
internal import StrictJSON

/// The root-owned systemd unit that proves a slot for a command that is not root.
///
/// The command may start the unit and nothing else: what the unit runs, it takes from the store by
/// the root of trust.
struct ProofUnit {
    /// The template: `nacelle-prove@.service`.
    let template: String
    let systemctl: Systemctl
    let reporter: any Reporter

    /// The unit of a slot.
    func name(_ slot: SlotName) -> String {
        template.replacing("@.", with: "@\(slot.rawValue).")
    }

    /// Starts the unit, waits for its end, and takes over what it found.
    ///
    /// - Parameters:
    ///   - slot: the slot, whose record says `filled`.
    ///   - manifest: the version's manifest.
    ///   - store: the store.
    /// - Throws: the `Fault` that the unit ended with, or one of code `isolation-unavailable` where it
    ///   cannot be started.
    func prove(_ slot: SlotName, _ manifest: Manifest, _ store: borrowing Store) throws(Fault) {
        let unit = name(slot)
        let stop = try Checkpoint(store)
        try store.removeState(ProofResult.file)
        reporter.say("\(unit) proves slot \(slot.rawValue).", event: "smoke")
        let start = BootClock.now
        var told = Deadline(after: .seconds(10))
        let patience = ProofUnit.patience(manifest)
        let result: CommandResult
        do throws(Fault) {
            result = try systemctl.run(["start", unit], within: patience) {
                [reporter] () throws(Fault) in
                try stop.check()
                guard told.passed else { return }
                told = Deadline(after: .seconds(10))
                let seconds = (BootClock.now - start).milliseconds / 1000
                reporter.say("\(unit) runs for \(seconds) s.", event: "proving")
            }
        } catch {
            _ = try? systemctl.run(["stop", unit], within: 10_000)
            throw error
        }
        if result.timedOut {
            _ = try? systemctl.run(["stop", unit], within: 10_000)
            throw Fault(
                .smokeDeadline, "\(unit) did not prove the slot within \(patience) ms.",
                advice: "See what it does: journalctl -u \(unit).")
        }
        try judge(result, slot, unit, store)
    }

    /// What the unit found, by what it left in the store.
    private func judge(
        _ result: CommandResult, _ slot: SlotName, _ unit: String, _ store: borrowing Store
    ) throws(Fault) {
        guard let record = try store.snapshot().record(slot) else {
            throw Fault(.storeDamaged, "The record of slot \(slot.rawValue) is gone.")
        }
        let left = ProofResult.left(in: store).flatMap {
            $0.slot == slot && $0.bundle == record.bundle ? $0 : nil
        }
        if let fault = left?.fault { throw fault }
        if left != nil, record.state == .ready, record.whole {
            reporter.say(
                "Slot \(slot.rawValue) is ready.", event: "ready",
                facts: [("slot", .string(slot.rawValue)), ("smoke", record.smoke)])
            return
        }
        let said = result.firstWords
        throw Fault(
            .isolationUnavailable, "\(unit) did not prove slot \(slot.rawValue).",
            advice: "See what it said (journalctl -u \(unit)), and whether this user may start it.",
            cause: said.isEmpty ? "systemctl \(result.status)" : said)
    }

    /// How long reading back and the smoke run may take, in milliseconds; a disk that reads less than
    /// 4 MB a second is taken for a broken one.
    static func patience(_ manifest: Manifest) -> Int64 {
        Int64(manifest.smoke.deadline) + 120_000 + manifest.tree.bytes / 4000
    }
}
