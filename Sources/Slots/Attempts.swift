public import Faults

/// The boots of a trial that ended before its application was healthy.
extension Store {
    /// Forgets the boots that a trial failed, durably: its application was healthy in this one.
    ///
    /// - Parameters:
    ///   - slot: the slot; nothing is done where it is not the running trial, or counts none.
    ///   - command: who does it, for the lock.
    /// - Throws: a `Fault`.
    public func resetAttempts(of slot: SlotName, _ command: String) throws(Fault) {
        // Looked at first without the lock: there is nearly always nothing to forget.
        guard let seen = try snapshot().record(slot), seen.attempts > 0 else { return }
        let lock = try lockSwitch(command)
        let snapshot = try snapshot()
        if snapshot.current == slot, var record = snapshot.running, record.state == .trial,
            record.attempts > 0
        {
            record.attempts = 0
            try write(record, of: slot)
        }
        _ = consume lock
    }
}
