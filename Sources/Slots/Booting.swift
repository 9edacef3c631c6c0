internal import DurableFiles
public import Faults

/// What happens before the application starts, at each boot.
extension Store {
    /// Mends what a crash left, counts the boot of a version in trial, leaves one that had its boots,
    /// and finds another tree where `current` names none that can be relied on.
    ///
    /// Everything is durable before it returns. It always ends, and never throws: what could not be
    /// done stands in the report, and `current` then names what it named before.
    ///
    /// - Parameters:
    ///   - limit: the boots that a version in trial gets.
    ///   - now: seconds since 1970.
    ///   - patience: how long to wait for somebody who holds the switch lock, in milliseconds.
    ///   - command: who does it, for the lock.
    /// - Returns: what was found and done.
    public func boot(
        limit: Int, now: Int64, patience: Int = 3000, _ command: String
    ) -> BootReport {
        var report = BootReport(.asItWas)
        do throws(Fault) {
            let lock = try lockSwitch(command, patience: patience)
            try bootLocked(limit: limit, now: now, &report)
            _ = consume lock
        } catch {
            report.outcome = .asItWas
            report.alarms.append("The store could not be changed: \(error.description)")
        }
        keepReserve()
        look(&report)
        return report
    }

    private func bootLocked(
        limit: Int, now: Int64, _ report: inout BootReport
    ) throws(Fault) {
        do throws(Fault) {
            report.notes += try recoverLocked().lines
        } catch {
            // A floor that cannot be raised must not keep a failing version running.
            report.alarms.append("Recovery was not finished: \(error.description)")
        }
        let snapshot = try presentSnapshot()
        let step = BootStep.decide(snapshot, present: presentTrees(), limit: limit)
        try perform(step, snapshot, limit: limit, now: now, &report)
    }

    private func perform(
        _ step: BootStep, _ snapshot: StoreSnapshot, limit: Int, now: Int64,
        _ report: inout BootReport
    ) throws(Fault) {
        switch step {
        case .start:
            report.outcome = .started
        case .count(let slot, let attempt):
            guard let record = snapshot.record(of: slot, startingFor: attempt) else { return }
            if attempt == 1 { try? beginTrial(of: record.identity) }
            if !Protection.bootCount.isOff { try write(record, of: slot) }
            report.outcome = .counted
            report.attempts = attempt
            report.notes.append(
                "Version \(record.identity.version) is in trial: boot \(attempt) of \(limit) "
                    + "in which it can become healthy.")
        case .leave(let slot, let target):
            try leave(slot, to: target, snapshot, now: now, &report)
        case .move(let target, let why):
            if let slot = target.slot, snapshot.record(slot)?.state == .ready,
                let record = snapshot.record(of: slot, startingFor: 1)
            {
                try write(record, of: slot)
            }
            try point(to: target)
            report.outcome = .moved
            let version = snapshot.record(of: target)?.identity
            note("boot-moved", tree: target, identity: version, detail: why)
            report.alarms.append(
                "At boot \(why); \(target.title)"
                    + (version.map { ", version \($0.version)," } ?? "") + " runs in its place.")
        case .nothingInstalled:
            report.outcome = .nothingInstalled
        case .nothingToStart:
            report.outcome = .nothingToStart
        }
    }

    /// Marks a version bad that had its boots; the second time it is denied.
    private func leave(
        _ slot: SlotName, to target: TreeName?, _ snapshot: StoreSnapshot, now: Int64,
        _ report: inout BootReport
    ) throws(Fault) {
        guard var record = snapshot.record(slot) else { return }
        let version = record.identity.version
        var reason =
            "\(record.attempts) boots ended before the application was healthy"
        let running = target.flatMap { snapshot.record(of: $0)?.identity }
        var isDenied = false
        do throws(Fault) {
            let times = try noteLeft(record.identity, at: now)
            // Where the same version runs on in another tree it is the slot that is left.
            if times > 1, running?.isSameRelease(as: record.identity) != true {
                reason += ", for the \(times == 2 ? "second" : "\(times)th") time"
                isDenied = true
                try deny(record.identity, reason: reason)
            }
        } catch {
            // Falling back matters more than remembering how often.
            report.alarms.append("It could not be noted for later: \(error.description)")
        }
        record.state = .bad
        record.reason = reason
        record.fallback = target
        try write(record, of: slot)
        let then =
            isDenied
            ? "It is denied from now on."
            : "It is not denied, and may be tried once more after a day."
        guard let target else {
            note("failed-and-stays", slot: slot, identity: record.identity, detail: reason)
            report.outcome = .failedAndStays
            report.alarms.append(
                "Version \(version) in slot \(slot.rawValue) is bad (\(reason)), and there is "
                    + "nothing to fall back to; it starts all the same.")
            return
        }
        try point(to: target)
        note("fell-back", tree: target, identity: running, detail: reason)
        report.outcome = .fellBack
        report.alarms.append(
            "Version \(version) was left at boot: \(reason). \(then) "
                + "\(running.map { "Version \($0.version)" } ?? "Another version") in "
                + "\(target.title) runs again.")
    }

    /// Makes `current` name a tree, also where something else than a link stands in its place.
    private func point(to tree: TreeName) throws(Fault) {
        if let info = try root.info("current"), info.kind != .link {
            // Kept, not removed: nobody knows whose it is.
            try root.removeTree(".current.aside")
            try root.rename("current", to: ".current.aside")
        }
        try setCurrent(tree)
    }

    /// What `current` names in the end, and what is to be shouted of it.
    private func look(_ report: inout BootReport) {
        let present = presentTrees()
        guard let snapshot = try? presentSnapshot() else {
            report.alarms.append("The link \(path)/current cannot be read.")
            return
        }
        if let named = snapshot.named, present.contains(named) {
            report.tree = named
            report.canStart = true
            report.running = snapshot.running?.identity
            if let running = snapshot.running, running.state == .bad,
                report.outcome == .started || report.outcome == .asItWas
            {
                report.alarms.append(
                    "Version \(running.identity.version) starts although it is bad "
                        + "(\(running.reason)): nothing better is left.")
            }
        } else if snapshot.named == nil, (try? Directory.open(path: path + "/current")) != nil {
            // It could not be mended; what it leads to is somebody else's, and may start.
            report.canStart = true
        } else if report.outcome != .nothingInstalled {
            report.outcome = .nothingToStart
            report.alarms.append(
                "No version is left that could start. Install one: nacelle install FILE.")
        }
    }

    /// The trees whose directories are there and hold something.
    func presentTrees() -> Set<TreeName> {
        Set(TreeName.allCases.filter { isPresent($0) })
    }

    private func isPresent(_ tree: TreeName) -> Bool {
        guard let directory = (try? openTree(tree)) ?? nil else { return false }
        do throws(Fault) {
            return try !directory.names(limit: 100_000).isEmpty
        } catch {
            // Names that cannot be read are still something.
            return error.code != .notFound
        }
    }

    /// Link and records, where a tree that is gone or empty is not called whole.
    ///
    /// - Throws: a `Fault` where the link cannot be read.
    public func presentSnapshot() throws(Fault) -> StoreSnapshot {
        var snapshot = try snapshot()
        for tree in TreeName.allCases {
            guard var record = snapshot.record(of: tree), record.whole, !isPresent(tree) else {
                continue
            }
            record.whole = false
            snapshot.set(.record(record), of: tree)
        }
        return snapshot
    }
}

extension StoreSnapshot {
    /// The record of a slot whose version starts in trial.
    ///
    /// One that stood ready when the link was lost is in trial from its first start on.
    ///
    /// - Parameters:
    ///   - slot: the slot.
    ///   - attempt: which start it is.
    /// - Returns: the record to be written; `nil` where there is none.
    func record(of slot: SlotName, startingFor attempt: Int) -> SlotRecord? {
        guard var record = record(slot) else { return nil }
        record.attempts = attempt
        if record.state == .ready {
            record.state = .trial
            record.fallback = TreeName.allCases.first { $0 != slot.tree && isFallback(tree: $0) }
        }
        return record
    }

    mutating func set(_ reading: Reading, of tree: TreeName) {
        switch tree {
        case .a: a = reading
        case .b: b = reading
        case .factory: factory = reading
        }
    }
}
