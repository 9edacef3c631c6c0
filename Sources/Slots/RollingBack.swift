internal import DurableFiles
public import Faults

/// The change that an operator asks for: back to the version before, at once.
extension Store {
    /// Goes back to another whole version at once, and denies the one that is left.
    ///
    /// Waits for no install: it asks a running one to stop, and needs nothing but the switch lock.
    /// Works on a full disk with what was set aside. The factory tree is gone to where no slot holds
    /// a whole version; it is neither marked nor denied when it is left.
    ///
    /// - Parameters:
    ///   - allowDenied: whether a version that was left or failed before may be gone back to.
    ///   - reason: why, for the record and the history.
    ///   - command: who does it, for the lock.
    /// - Returns: what ran and what runs.
    /// - Throws: a `Fault` of code `nothing-to-roll-back-to`, or `denied`.
    public func rollBack(
        allowDenied: Bool, reason: String, _ command: String
    ) throws(Fault) -> SwitchResult {
        let lock = try lockSwitch(command)
        if filler() != nil { try requestCancel("a rollback was asked for") }
        // A fallback that a crash cut short is what was asked for.
        if let moved = try recoverLocked().moved { return moved }
        let snapshot = try presentSnapshot()
        try snapshot.checkLink(store: path)
        guard let named = snapshot.named else {
            throw Fault(
                .nothingToRollBackTo, "Nothing is installed in \(path).",
                advice: "Install a bundle: nacelle install FILE.")
        }
        let (target, record) = try destination(from: named, snapshot, allowDenied: allowDenied)
        if let slot = target.slot, record.state == .bad {
            // Whole and wanted before the present one is marked: a crash leaves either running.
            var next = record
            next.state = .good
            next.reason = ""
            next.fallback = nil
            try allow(next.identity)
            try write(next, of: slot)
        }
        let left = snapshot.running
        if let slot = named.slot, var record = left {
            record.state = .bad
            record.reason = reason
            record.fallback = target
            let next = snapshot.record(of: target)?.identity
            // Where both are the same version it is the slot that is left, not the version.
            if next?.isSameRelease(as: record.identity) != true,
                !Protection.rollbackDenial.isOff
            {
                try deny(record.identity, reason: reason)
            }
            try write(record, of: slot)
        }
        try setCurrent(target)
        note("rolled-back", tree: target, identity: record.identity, detail: reason)
        _ = consume lock
        return SwitchResult(
            from: named, to: target, left: left?.identity, running: record.identity)
    }

    /// Where a rollback goes: to the other slot, or from the factory tree to the better one; where
    /// no slot is whole, to the factory tree.
    private func destination(
        from named: TreeName, _ snapshot: StoreSnapshot, allowDenied: Bool
    ) throws(Fault) -> (TreeName, SlotRecord) {
        let others = SlotName.allCases.filter { $0.tree != named }
        var found: [(TreeName, SlotRecord)] = []
        for slot in others {
            guard let record = snapshot.record(slot), record.whole,
                record.state == .good || record.state == .bad, try openSlot(slot) != nil
            else { continue }
            found.append((slot.tree, record))
        }
        // A good one before a bad one; of two the newer release.
        found.sort {
            ($0.1.state == .good ? 1 : 0, $0.1.identity.releaseCounter)
                > ($1.1.state == .good ? 1 : 0, $1.1.identity.releaseCounter)
        }
        if let best = found.first {
            guard best.1.state == .good || allowDenied else {
                throw Fault(
                    .denied,
                    "Version \(best.1.identity.version) in \(best.0.title) was left before: "
                        + "\(best.1.reason).",
                    advice: "To go back to it all the same: nacelle rollback --allow-denied.")
            }
            return best
        }
        if snapshot.isFallback(tree: .factory), let record = snapshot.record(of: .factory),
            try openTree(.factory) != nil
        {
            return (.factory, record)
        }
        let what = others.map { "slot \($0.rawValue) \(snapshot.describe($0))" }
        throw Fault(
            .nothingToRollBackTo,
            "No whole version is left to go back to: \(what.joined(separator: ", ")).",
            advice: "\(named == .factory ? "The factory tree" : "Slot \(named.rawValue)") goes on; "
                + "install a version that works.")
    }
}
