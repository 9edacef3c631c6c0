internal import DurableFiles
public import Faults
public import StrictJSON

/// What a change of the running version did.
public struct SwitchResult: Sendable, Equatable {
    /// The slot that ran before; `nil` in an empty store.
    public var from: SlotName?
    /// The slot that runs now.
    public var to: SlotName
    /// The version that ran before, where it is known.
    public var left: VersionIdentity?
    /// The version that runs now, where it is known.
    public var running: VersionIdentity?
}

/// What recovery did.
public struct Mended: Sendable, Equatable {
    /// What was mended, in words.
    public var lines: [String] = []
    /// The change of the running version, where a fallback was finished: its application is to be
    /// restarted.
    public var moved: SwitchResult?
}

/// The changes of the running version; each takes the switch lock for milliseconds.
extension Store {
    /// Mends what a crash left between two steps; harmless to repeat.
    ///
    /// - Parameter command: who does it, for the lock.
    /// - Returns: what was mended; usually nothing.
    /// - Throws: a `Fault`.
    public func recover(_ command: String) throws(Fault) -> Mended {
        let lock = try lockSwitch(command)
        let done = try recoverLocked()
        _ = consume lock
        return done
    }

    private func recoverLocked() throws(Fault) -> Mended {
        let floor = try? floor()
        var mended = Mended()
        for step in Recovery.steps(for: try snapshot(), floor: floor?.identity.releaseCounter) {
            switch step {
            case .finishFallback(let from, let to):
                let left = try snapshot().running?.identity
                try setCurrent(to)
                let running = try snapshot().running?.identity
                mended.moved = SwitchResult(from: from, to: to, left: left, running: running)
                let detail = "finished the interrupted fall back from slot \(from.rawValue)"
                note("recovered", slot: to, identity: running, detail: detail)
                mended.lines.append("Recovery \(detail); slot \(to.rawValue) runs.")
            case .notYetSwapped(let slot):
                guard var record = try snapshot().record(slot) else { continue }
                record.state = .ready
                record.fallback = nil
                try write(record, of: slot)
                mended.lines.append(
                    "Recovery: slot \(slot.rawValue) was not yet swapped in; it is ready again.")
            case .raiseFloor(let slot):
                guard let record = try snapshot().record(slot) else { continue }
                try raiseFloor(to: record.identity)
            }
        }
        return mended
    }

    /// Swaps a ready slot in: records `trial` first, then renames the link.
    ///
    /// Link, records and a cancel request are read again under the lock; a rollback in the meantime
    /// wins.
    ///
    /// - Parameters:
    ///   - slot: the slot, whose record must say `ready`.
    ///   - command: who does it, for the lock.
    /// - Returns: what ran and what runs.
    /// - Throws: a `Fault` of code `cancelled` where it was asked to stop.
    public func swap(in slot: SlotName, _ command: String) throws(Fault) -> SwitchResult {
        let lock = try lockSwitch(command)
        let before = try snapshot()
        if let why = try cancelRequest() {
            throw Fault(.cancelled, "Not swapped in: \(why).", advice: "Install it again.")
        }
        guard before.current != slot, var record = before.record(slot), record.state == .ready,
            record.whole
        else {
            throw Fault(
                .cancelled,
                "Slot \(slot.rawValue) is not ready any more; another command changed "
                    + "the store.", advice: "Look at `nacelle status` and install again.")
        }
        record.state = .trial
        record.attempts = 0
        record.fallback = before.current.flatMap { before.isWholeElsewhere($0) ? $0 : nil }
        try write(record, of: slot)
        try setCurrent(slot)
        note("swapped", slot: slot, identity: record.identity)
        _ = consume lock
        return SwitchResult(
            from: before.current, to: slot, left: before.running?.identity,
            running: record.identity)
    }

    /// Records that the running trial proved itself, and raises the floor.
    public func confirm(
        _ slot: SlotName, probation: JSONValue?, _ command: String
    ) throws(Fault) {
        let lock = try lockSwitch(command)
        let snapshot = try snapshot()
        guard snapshot.current == slot, var record = snapshot.running,
            record.state == .trial
        else {
            throw Fault(
                .cancelled,
                "Slot \(slot.rawValue) is not in trial any more; another command "
                    + "changed the store.", advice: "Look at `nacelle status`.")
        }
        record.state = .good
        record.probation = probation
        // Before the record: a crash in between must not leave a good version denied.
        try allow(record.identity)
        try write(record, of: slot)
        try raiseFloor(to: record.identity)
        note("good", slot: slot, identity: record.identity)
        _ = consume lock
    }

    /// Leaves the running trial: records it `bad`, denies it where there is evidence against it,
    /// then renames the link back.
    ///
    /// - Parameters:
    ///   - slot: the slot in trial.
    ///   - reason: why, for the record and the report.
    ///   - denying: whether this is evidence against the version.
    ///   - probation: the report of the probation.
    ///   - command: who does it, for the lock.
    /// - Returns: what ran and what runs; `nil` where there is nothing to fall back to, and the
    ///   version stays, marked bad.
    /// - Throws: a `Fault`.
    public func fallBack(
        from slot: SlotName, reason: String, denying: Bool, probation: JSONValue?,
        _ command: String
    ) throws(Fault) -> SwitchResult? {
        let lock = try lockSwitch(command)
        let snapshot = try snapshot()
        guard snapshot.current == slot, var record = snapshot.running else {
            throw Fault(
                .cancelled,
                "Slot \(slot.rawValue) does not run any more; another command changed "
                    + "the store.", advice: "Look at `nacelle status`.")
        }
        let target = record.fallback.flatMap { snapshot.isFallback($0) ? $0 : nil }
        record.state = .bad
        record.reason = reason
        record.fallback = target
        record.probation = probation
        if denying { try deny(record.identity, reason: reason) }
        try write(record, of: slot)
        guard let target else {
            note("failed-and-stays", slot: slot, identity: record.identity, detail: reason)
            return nil
        }
        try setCurrent(target)
        let running = snapshot.record(target)?.identity
        note("fell-back", slot: target, identity: running, detail: reason)
        _ = consume lock
        return SwitchResult(from: slot, to: target, left: record.identity, running: running)
    }

    /// Goes back to the other slot at once, and denies the version that is left.
    ///
    /// Waits for no install: it asks a running one to stop, and needs nothing but the switch lock.
    /// Works on a full disk with what was set aside.
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
        let snapshot = try snapshot()
        try snapshot.checkLink(store: path)
        guard let current = snapshot.current else {
            throw Fault(
                .nothingToRollBackTo, "Nothing is installed in \(path).",
                advice: "Install a bundle: nacelle install FILE.")
        }
        let target = current.other
        guard var next = snapshot.record(target), next.whole,
            next.state == .good || next.state == .bad, try openSlot(target) != nil
        else {
            throw Fault(
                .nothingToRollBackTo,
                "No whole version is left to go back to: slot "
                    + "\(target.rawValue) \(snapshot.describe(target)).",
                advice: "Slot \(current.rawValue) goes on; install a version that works.")
        }
        if next.state == .bad {
            guard allowDenied else {
                throw Fault(
                    .denied,
                    "Version \(next.identity.version) in slot \(target.rawValue) was "
                        + "left before: \(next.reason).",
                    advice: "To go back to it all the same: nacelle rollback --allow-denied.")
            }
            // Whole and wanted before the present one is marked: a crash leaves either running.
            next.state = .good
            next.reason = ""
            next.fallback = nil
            try allow(next.identity)
            try write(next, of: target)
        }
        let left = snapshot.running
        if var record = left {
            record.state = .bad
            record.reason = reason
            record.fallback = target
            try deny(record.identity, reason: reason)
            try write(record, of: current)
        }
        try setCurrent(target)
        note("rolled-back", slot: target, identity: next.identity, detail: reason)
        _ = consume lock
        return SwitchResult(
            from: current, to: target, left: left?.identity, running: next.identity)
    }
}

extension StoreSnapshot {
    /// Whether the running slot could be gone back to once another runs.
    fileprivate func isWholeElsewhere(_ slot: SlotName) -> Bool {
        guard let record = record(slot) else { return false }
        return record.whole && record.state == .good
    }

    /// A slot's content in a few words.
    public func describe(_ slot: SlotName) -> String {
        switch reading(slot) {
        case .none: "is empty"
        case .damaged: "has a record that cannot be read"
        case .record(let record):
            switch record.state {
            case .filling: "is being filled, or its install was interrupted"
            case .filled: "is not proved yet"
            case .ready: "holds \(record.identity.version), which never ran"
            case .trial: "holds \(record.identity.version) in trial"
            case .good: "holds \(record.identity.version)"
            case .bad: "holds \(record.identity.version), which is marked bad"
            }
        }
    }
}
