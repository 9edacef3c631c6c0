internal import DurableFiles
public import Faults
public import StrictJSON

/// What a change of the running version did.
public struct SwitchResult: Sendable, Equatable {
    /// The tree that ran before; `nil` in an empty store.
    public var from: TreeName?
    /// The tree that runs now.
    public var to: TreeName
    /// The version that ran before, where it is known.
    public var left: VersionIdentity?
    /// The version that runs now, where it is known.
    public var running: VersionIdentity?

    /// Whether a rollback of this kind denies the version that is left: not the factory tree's, nor
    /// one that runs on from another place.
    public var deniesLeft: Bool {
        guard from != .factory, let left else { return false }
        return running?.isSameRelease(as: left) != true
    }
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

    func recoverLocked() throws(Fault) -> Mended {
        let floor = try? floor()
        var mended = Mended()
        guard !Protection.recovery.isOff else { return mended }
        if let line = settleDenials() { mended.lines.append(line) }
        let seen = try presentSnapshot()
        for step in Recovery.steps(for: seen, floor: floor?.identity.releaseCounter) {
            switch step {
            case .finishFallback(let from, let to):
                let left = try snapshot().running?.identity
                try setCurrent(to)
                let running = try snapshot().running?.identity
                mended.moved = SwitchResult(from: from, to: to, left: left, running: running)
                let detail = "finished the interrupted fall back from \(from.title)"
                note("recovered", tree: to, identity: running, detail: detail)
                mended.lines.append("Recovery \(detail); \(to.title) runs.")
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
            case .retire(let slot):
                try retire(slot, for: slot.other)
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
        let before = try presentSnapshot()
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
        record.fallback = before.fallbackOfNext
        if !Protection.trialFirst.isOff { try write(record, of: slot) }
        try setCurrent(slot.tree)
        if Protection.trialFirst.isOff { try write(record, of: slot) }
        note("swapped", slot: slot, identity: record.identity)
        _ = consume lock
        return SwitchResult(
            from: before.named, to: slot.tree, left: before.running?.identity,
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
        forgetLeft(record.identity)
        try write(record, of: slot)
        if !Protection.floor.isOff { try raiseFloor(to: record.identity) }
        for case .retire(let twin) in Recovery.steps(for: try self.snapshot(), floor: nil) {
            try retire(twin, for: slot)
        }
        note("good", slot: slot, identity: record.identity)
        _ = consume lock
    }

    /// Takes a tree out of the way back whose release was installed anew in the other slot.
    private func retire(_ slot: SlotName, for other: SlotName) throws(Fault) {
        guard var record = try snapshot().record(slot) else { return }
        record.state = .bad
        record.whole = false
        record.reason = "it was altered on the disk; slot \(other.rawValue) has the version anew"
        try write(record, of: slot)
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
        let snapshot = try presentSnapshot()
        guard snapshot.current == slot, var record = snapshot.running else {
            throw Fault(
                .cancelled,
                "Slot \(slot.rawValue) does not run any more; another command changed "
                    + "the store.", advice: "Look at `nacelle status`.")
        }
        let target = snapshot.fallback(wanted: record.fallback)
        record.state = .bad
        record.reason = reason
        record.fallback = target
        record.probation = probation
        let next = target.flatMap { snapshot.record(of: $0)?.identity }
        // Where the same version runs on in the other slot it is the slot that is left.
        if denying, next?.isSameRelease(as: record.identity) != true, !Protection.denial.isOff {
            try deny(record.identity, reason: reason)
        }
        if !Protection.badFirst.isOff { try write(record, of: slot) }
        guard let target else {
            note("failed-and-stays", slot: slot, identity: record.identity, detail: reason)
            return nil
        }
        try setCurrent(target)
        if Protection.badFirst.isOff { try write(record, of: slot) }
        note("fell-back", tree: target, identity: next, detail: reason)
        _ = consume lock
        return SwitchResult(from: slot.tree, to: target, left: record.identity, running: next)
    }
}

extension StoreSnapshot {
    /// What a version that is swapped in now falls back to.
    fileprivate var fallbackOfNext: TreeName? {
        if let named, let running, running.whole, running.state == .good { return named }
        return isFallback(tree: .factory) ? .factory : nil
    }
}
