internal import Agent
internal import Console
internal import Faults
internal import Fleet
internal import Glibc
internal import Processes
internal import Slots
internal import StrictJSON
public import UpdateMachine

/// The actions, on the real machine.
extension Supervisor: World {
    /// See ``World``.
    public func perform(_ action: Action, for machine: UpdateMachine) -> [Event] {
        switch action {
        case .recover: return recover()
        case .look:
            if hasOrphan(machine) { return [.started] }
            return start(.look, machine) { .lookFailed($0) }
        case .gate(let stage):
            return start(.gate, machine, stage) { .gateClosed(stage, [$0.message]) }
        case .prepare: return start(.prepare, machine) { .prepareFailed($0) }
        case .activate: return start(.activate, machine) { .activateFailed($0) }
        case .stop:
            for job in jobs where job.kind == .prepare { job.askToEnd() }
            return []
        case .leave(let failure): return leave(failure)
        case .tell(let report):
            tell(report, machine)
            return []
        case .close(let report): return close(report, machine)
        case .wait(let timer, let wait):
            set(timer, wait)
            return []
        }
    }

    private func set(_ timer: Alarm, _ wait: Wait) {
        // In the foreground somebody waits for it: what is to be told is told at once.
        if case .once = task, timer == .poll, wait == .soon {
            timers[timer] = fleet == nil ? nil : Deadline(after: .zero)
            return
        }
        // Nor does a version in trial stay unwatched for minutes.
        if case .once = task, timer == .step, conductor?.machine.state == .probation {
            timers[timer] = Deadline(after: .seconds(1))
            return
        }
        let isFirst = timer == .poll && wait == .soon && view.looks == 0 && view.problem.isEmpty
        timers[timer] = Deadline(after: isFirst ? times.first() : times.time(of: wait))
        showNext()
    }

    /// When it is asked next, for people.
    private func showNext() {
        view.next = timers[.poll].map { Int64(time(nil)) + $0.remaining.milliseconds / 1000 } ?? 0
    }

    /// Whether a version is in trial that nobody watches: the command that did was killed.
    private func hasOrphan(_ machine: UpdateMachine) -> Bool {
        guard machine.work == nil, let facts = try? facts() else { return false }
        return facts.running?.state == "trial" && !facts.isBusy
    }

    /// Mends what a crash left; where that changed what runs, the application is restarted.
    func mend() throws(Fault) {
        let mended = try store.recover("nacelle run")
        for line in mended.lines { console.note(line) }
        if let moved = mended.moved { restart(moved) }
    }

    /// The same as the machine's action: what the store then says.
    private func recover() -> [Event] {
        do throws(Fault) {
            try mend()
            return [.recovered(try facts())]
        } catch {
            console.warn("The store cannot be looked after: \(error.description)")
            trouble = error
            return [.recoveryFailed(Failure(error.code, error.message))]
        }
    }

    /// How the store stands now.
    func facts() throws(Fault) -> StoreFacts {
        StoreFacts(try store.snapshot(), isBusy: store.filler() != nil)
    }

    private func restart(_ result: SwitchResult) {
        do throws(Fault) {
            let notice = notice
            let problem = try activation?.restart(
                slot: store.slotPath(result.to), version: result.running?.version ?? ""
            ) { () throws(Fault) in notice.alive() }
            if let problem { console.warn("The application was not restarted: \(problem).") }
        } catch {
            console.warn("The application was not restarted: \(error.message)")
        }
    }

    /// Leaves a trial whose watching ended again and again without a verdict: no evidence against
    /// the version, so it is not denied.
    private func leave(_ failure: Failure) -> [Event] {
        let reason = "its probation could not be watched: \(failure.message)"
        do throws(Fault) {
            guard let slot = try store.snapshot().current else { return [] }
            let result = try store.fallBack(
                from: slot, reason: reason, denying: false, probation: nil, "nacelle run")
            if let result { restart(result) }
            return [.fellBack(Failure(failure.code, reason))]
        } catch {
            console.warn("The trial could not be left: \(error.description)")
            trouble = error
            return [.activateFailed(Failure(error.code, error.message))]
        }
    }

    /// See ``World``: `state/update.json`, written only where it says something new.
    public func save(_ machine: UpdateMachine) -> Bool {
        let bytes = machine.lasting.json.pretty
        guard bytes != saved else { return true }
        do throws(Fault) {
            try store.writeState("update.json", bytes)
            saved = bytes
            return true
        } catch {
            console.warn("The update under way cannot be saved: \(error.description)")
            trouble = error
            return false
        }
    }

    /// See ``World``.
    public func show(_ machine: UpdateMachine) {
        view.state = machine.state.rawValue
        view.version = machine.work?.target.version ?? ""
        view.reasons = machine.work?.reasons ?? []
        view.available = machine.available ?? ""
        view.isWished = machine.hasWish
        if !machine.state.hasWorker { (view.phase, view.done, view.total) = ("", 0, 0) }
        if machine.state.isOutcome {
            view.outcome = machine.state.rawValue
            view.outcomeVersion = view.version
            view.outcomeReason = machine.failure?.message ?? ""
            view.outcomeCode = machine.failure?.code.rawValue ?? ""
        }
        showNext()
        let words = view.words
        if words != told {
            told = words
            console.note(words)
            notice.status(words)
            writeView()
        }
    }

    /// Writes what others see, at most once a second.
    func writeView() {
        shown = view
        shownAt = Deadline(after: .seconds(1))
        view.write(to: runtime)
    }
}
