import DurableFiles
import Faults
import Fleet
import Slots

@testable import Service
@testable import UpdateMachine

/// What the children do, step by step, with the store's own changes; the laws that are checked.
extension SimulatedMachine {
    typealias Version = SimulatedServer.Version

    func record(
        _ version: Version, _ state: SlotRecord.State, whole: Bool
    ) -> SlotRecord {
        SlotRecord(state: state, identity: version.identity, bundle: "00", whole: whole)
    }

    /// The tree of a slot: one file that says whose it is.
    func fill(_ slot: SlotName, _ version: Version) throws(Fault) {
        let directory = try store.emptySlot(slot)
        try directory.replace("version", with: Array(version.identity.version.utf8))
    }

    private var work: Version? {
        conductor?.machine.work.flatMap { server.version($0.target) }
    }

    /// Fetching and proving, in six steps between which the power may fail.
    func prepare(_ step: Int) throws(Fault) {
        guard let version = work else { return }
        if isStopped { return finish(.prepareFailed(Failure(.cancelled, "stopped"))) }
        if try store.denials().contains(where: { $0.identity == version.identity }) {
            return finish(.prepareFailed(Failure(.denied, "denied here")))
        }
        let snapshot = try store.snapshot()
        if let running = snapshot.running, running.identity == version.identity {
            return finish(.alreadyRunning(version.identity.release))
        }
        if let floor = try store.floor(),
            version.identity.releaseCounter < floor.identity.releaseCounter
        {
            return finish(.prepareFailed(Failure(.downgrade, "too old")))
        }
        let slot = snapshot.spare
        switch step {
        case 0:
            if !isOnline || version.kind == .slowNetwork, chance(0...3) > 0 {
                return finish(.prepareFailed(Failure(.network, "broke off")))
            }
            if version.kind == .damaged {
                return finish(.prepareFailed(Failure(.malformed, "damaged")))
            }
            try store.write(record(version, .filling, whole: false), of: slot)
        case 1: try fill(slot, version)
        case 2: try store.write(record(version, .filled, whole: false), of: slot)
        case 3:
            conductor?.feed(.proving)
            if version.kind == .wrongAnswers {
                try store.deny(version.identity, reason: "wrong answers")
                try store.write(record(version, .bad, whole: false), of: slot)
                return finish(.prepareFailed(Failure(.smokeWrongAnswer, "wrong answers")))
            }
        case 4: try store.write(record(version, .ready, whole: true), of: slot)
        default: return finish(.prepared(version.identity.release))
        }
        schedule(after: chance(1...900), .prepare(step: step + 1))
    }

    /// Swap and probation, as `nacelle activate` goes through them.
    func activate(_ step: Int) throws(Fault) {
        guard let machine = conductor?.machine, let release = machine.work?.prepared else {
            return
        }
        let snapshot = try store.snapshot()
        if step == 0, snapshot.running?.state != .trial {
            guard let ready = snapshot.record(snapshot.spare), ready.state == .ready,
                ready.identity.release == release
            else {
                return finish(.activateFailed(Failure(.internalError, "nothing is ready")))
            }
            if chance(0...9) == 0 {
                return finish(.activateFailed(Failure(.busy, "the hook says not now")))
            }
            if try store.denials().contains(where: { $0.identity == ready.identity }) {
                breaches.append("a denied version was swapped in: \(ready.identity.version)")
            }
            _ = try store.swap(in: snapshot.spare, "nacelle activate")
            conductor?.feed(.swapped)
            return schedule(after: chance(1...600), .activate(step: 1))
        }
        guard let running = snapshot.running, running.state == .trial, let slot = snapshot.current,
            let version = server.version(running.identity)
        else { return finish(.activateFailed(Failure(.internalError, "no trial"))) }
        switch version.kind {
        case .killsBoot: wasPowerCut = true
        case .failsProbation:
            _ = try store.fallBack(
                from: slot, reason: "crashed", denying: true, probation: nil, "activate")
            finish(.fellBack(Failure(.probationFailed, "crashed")))
        default:
            if chance(0...19) == 0 {
                return finish(.activateFailed(Failure(.internalError, "the watcher died")))
            }
            try store.confirm(slot, probation: nil, "nacelle activate")
            finish(.passed)
        }
    }

    private func finish(_ event: Event) { schedule(after: 1, .event(event)) }

    // MARK: The laws

    /// A report of success is true, and of a failure too.
    func checkTruth(_ report: ServerReport) throws(Fault) {
        guard case .succeeded(_, let version) = report else { return }
        let running = try store.snapshot().running
        if running?.state != .good || running?.identity.version != version {
            breaches.append("success of \(version) was told; \(running as SlotRecord?) runs")
        }
    }

    /// What holds after every event.
    func check(_ entry: Entry) throws(Fault) {
        let snapshot = try store.snapshot()
        func broken(_ law: String) {
            breaches.append(
                "\(law) after \(entry.happening) at \(now)\n" + log.joined(separator: "\n"))
        }
        guard let current = snapshot.current, let running = snapshot.running else {
            return broken("1: something runs")
        }
        guard running.whole, [.good, .trial].contains(running.state) else {
            return broken("1: a whole version runs, not one that is \(running.state)")
        }
        let bytes = try store.openSlot(current)?.read("version", limit: 64) ?? []
        if String(decoding: bytes, as: UTF8.self) != running.identity.version {
            broken("4: the slot that runs was written")
        }
        if running.state == .trial, running.fallback == nil { broken("6: a trial can be left") }
        if let version = server.version(running.identity), running.state == .good,
            version.kind != .good, version.kind != .slowNetwork
        {
            broken("6: \(version.kind) is good")
        }
        for (action, told) in server.finals where told.count > 1 {
            broken("an outcome of action \(action) was told \(told.count) times")
        }
        if try outbox.count() > Outbox.limit { broken("8: the outbox is bounded") }
    }
}
