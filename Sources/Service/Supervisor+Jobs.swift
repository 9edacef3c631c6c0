internal import Agent
internal import Console
internal import DurableFiles
internal import Faults
internal import Fleet
internal import Glibc
internal import Processes
internal import Slots
internal import StrictJSON
internal import UpdateMachine

/// The children: how each is started, and what its words and its end mean.
extension Supervisor {
    /// Starts the child of an action.
    ///
    /// - Returns: nothing, or the answer where it cannot be started.
    func start(
        _ kind: Job.Kind, _ machine: UpdateMachine, _ stage: Stage? = nil,
        otherwise: (Failure) -> Event
    ) -> [Event] {
        // The one before is over but for its last words, or its answer will do.
        if let running = jobs.first(where: { $0.kind == kind }) {
            running.isAskedAgain = true
            return []
        }
        do throws(Fault) {
            jobs.append(
                try Job(
                    kind, command(kind, machine, stage), patience: patience(of: kind)))
            return []
        } catch {
            return [otherwise(Failure(error.code, error.message))]
        }
    }

    private func patience(of kind: Job.Kind) -> Duration {
        switch kind {
        // Asked as often as can be: it has no long work.
        case .look: min(.seconds(600), .milliseconds(settings.stall))
        case .gate: .seconds(180)
        case .measure: .seconds(300)
        case .prepare, .activate: .milliseconds(settings.stall)
        }
    }

    /// The command line of a step, as a person would give it.
    private func command(
        _ kind: Job.Kind, _ machine: UpdateMachine, _ stage: Stage?
    ) -> Command {
        var words: [String]
        switch kind {
        case .look: words = [fleet == nil ? "check" : "contact"]
        case .gate: words = ["gate"] + gateOptions(machine, stage ?? .fetch)
        case .prepare:
            words = ["install", "--prepare", "--form", settings.form.rawValue]
            if case .server = machine.work?.target.source { words.append("--offer") }
        case .activate: words = ["activate"]
        case .measure: words = ["measure"]
        }
        words += ["--json", "--config", configurationPath]
        if let storeOverride { words += ["--store", storeOverride] }
        return Command(
            executable: "/proc/self/exe", arguments: words, environment: environment,
            identity: Identity.regainsRoot ? .root : .effective, containment: .group,
            mayGainPrivileges: true)
    }

    private func gateOptions(_ machine: UpdateMachine, _ stage: Stage) -> [String] {
        var words = ["--stage", stage.rawValue]
        guard let target = machine.work?.target else { return words }
        let consent = stage == .fetch ? target.fetch : target.swap
        if target.asked { words.append("--asked") }
        if consent == .forced, fleet?.forcedPassesWindows == true { words.append("--forced") }
        if consent == .skip { words.append("--skipped") }
        if !target.serverWindow { words.append("--server-window-closed") }
        return words
    }

    /// What of the service's environment its children need: where secrets, proxies and tokens are.
    private var environment: [String: String] {
        var environment = ["PATH": ExecutableSearch.standardPath, "LC_ALL": "C.UTF-8"]
        let kept = [
            "TZ", "CREDENTIALS_DIRECTORY", "SOFTHSM2_CONF", "OPENSSL_CONF", "SSL_CERT_FILE",
            "SSL_CERT_DIR", "http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY",
            "HOME",
        ]
        environment[Interruption.childVariable] = String(getpid())
        for name in kept { environment[name] = ServiceNotice.environment(name) }
        return environment
    }

    /// Takes up what the children said, and what the end of one means.
    func pumpJobs(_ conductor: Conductor) {
        for job in jobs {
            for value in job.pump() { hear(value, from: job, conductor) }
            guard job.status != nil else { continue }
            jobs.removeAll { $0 === job }
            guard !job.isOutdated else {
                // What it saw is the offer that is over by now.
                guard job.isAskedAgain else { continue }
                let events = start(job.kind, conductor.machine) { .lookFailed($0) }
                for event in events { conductor.feed(event) }
                continue
            }
            for event in answer(of: job, conductor.machine) { conductor.feed(event) }
        }
    }

    /// A line of a child, on its way.
    private func hear(_ value: JSONValue, from job: Job, _ conductor: Conductor) {
        guard case .string(let event)? = value["event"] else { return }
        if ["warning", "denied", "fell-back", "failed-and-stays", "recovered"].contains(event),
            case .string(let message)? = value["message"]
        {
            console.warn(message)
        }
        switch (job.kind, event) {
        case (_, "progress"): progress(value, conductor.machine)
        case (.look, "contact"), (.look, "check"), (.gate, "gate"): job.answer = value
        case (.prepare, "smoke"): conductor.feed(.proving)
        case (.activate, "swapped"): conductor.feed(.swapped)
        case (.prepare, "result"), (.activate, "result"): job.answer = value
        default: break
        }
    }

    private func progress(_ value: JSONValue, _ machine: UpdateMachine) {
        guard case .string(let phase)? = value["phase"] else { return }
        func number(_ keys: String...) -> Int64 {
            for key in keys {
                if case .number(let text)? = value[key], let number = Int64(text) { return number }
            }
            return 0
        }
        view.phase = phase
        view.done = number("done", "milliseconds")
        view.total = number("total")
        guard phase == "unpack", let outbox, case .server(let action) = machine.work?.target.source
        else { return }
        // Lines come at each tenth; the outbox keeps the newest alone.
        try? outbox.add(
            .progress(action: action, done: view.done, of: max(view.total, 1), text: "fetching"),
            once: nil)
    }

    /// What the end of a child says to the machine.
    private func answer(of job: Job, _ machine: UpdateMachine) -> [Event] {
        let failure = job.failure.map { Failure($0.code, $0.message) }
        let events =
            switch job.kind {
            case .look: looked(job, failure)
            case .gate: gated(job, failure, machine)
            case .prepare: prepared(job, failure)
            case .activate: activated(failure, machine)
            case .measure: measured(failure)
            }
        for event in events {
            switch event {
            case .prepareFailed(let failure), .activateFailed(let failure): stepFailure = failure
            case .prepared, .passed: stepFailure = nil
            default: break
            }
        }
        return events
    }

    /// Said once for as long as it stays the same: a look comes every minute.
    private func measured(_ failure: Failure?) -> [Event] {
        let problem = failure?.message ?? ""
        if problem != measuring, !problem.isEmpty {
            console.warn("The model's health is not known: \(problem)")
        }
        measuring = problem
        return []
    }

    /// Looks at application and machine where it is time to; nothing waits for it.
    func measure(_ conductor: Conductor) {
        guard measureAt.passed else { return }
        measureAt = Deadline(after: .seconds(health.interval))
        guard health.isOn, case .forever = task, !jobs.contains(where: { $0.kind == .measure })
        else { return }
        _ = start(.measure, conductor.machine) { failure in
            console.warn("The model's health is not looked at: \(failure.message)")
            return .started
        }
    }

    private func looked(_ job: Job, _ failure: Failure?) -> [Event] {
        view.looks += 1
        guard let answer = job.answer, failure == nil else {
            let failure = failure ?? Failure(.internalError, "The look brought no answer.")
            // Nothing there for this machine is an answer, not a failure.
            if failure.code == .notFound, fleet == nil {
                view.problem = ""
                return [.looked(.nothing)]
            }
            view.problem = failure.message
            console.warn("Nobody could be asked: \(failure.message)")
            return [.lookFailed(failure)]
        }
        view.problem = ""
        view.contact = Int64(time(nil))
        if case .number(let text)? = answer["sleep"], let sleep = Int64(text) {
            times.setInterval(sleep)
        }
        do throws(Fault) {
            return [.looked(try Finding(answer, store))]
        } catch {
            view.problem = error.message
            return [.lookFailed(Failure(error.code, error.message))]
        }
    }

    private func gated(_ job: Job, _ failure: Failure?, _ machine: UpdateMachine) -> [Event] {
        let stage: Stage = machine.work?.hold == .fetch ? .fetch : .swap
        guard let answer = job.answer, failure == nil else {
            // What cannot be learned holds back.
            return [.gateClosed(stage, [failure?.message ?? "nobody knows whether it may"])]
        }
        if case .number(let text)? = answer["recheck"], let seconds = Int64(text) {
            times.recheck = .seconds(min(max(seconds, 1), 900))
        }
        guard answer["open"] != .bool(true) else { return [.gateOpen(stage)] }
        var reasons: [String] = []
        if case .array(let values)? = answer["reasons"] {
            for case .string(let reason) in values { reasons.append(reason) }
        }
        return [.gateClosed(stage, reasons)]
    }

    private func prepared(_ job: Job, _ failure: Failure?) -> [Event] {
        if let failure { return [.prepareFailed(failure)] }
        do throws(Fault) {
            let snapshot = try store.snapshot()
            if job.answer?["outcome"] == .string("already-running"), let running = snapshot.running
            {
                // One in trial is not proved; its probation is seen through first.
                return running.state == .good
                    ? [.alreadyRunning(running.identity.release)]
                    : [.prepared(running.identity.release)]
            }
            guard let ready = snapshot.record(snapshot.spare), ready.state == .ready else {
                return [
                    .prepareFailed(
                        Failure(.internalError, "No version is ready although it was said."))
                ]
            }
            return [.prepared(ready.identity.release)]
        } catch {
            return [.prepareFailed(Failure(error.code, error.message))]
        }
    }

    /// A record's reason as a sentence.
    private func told(_ reason: String) -> String {
        LiveView.sentence(reason.hasPrefix("failed") ? "It \(reason)" : reason)
    }

    /// The store says how it ended, whatever the child did.
    private func activated(_ failure: Failure?, _ machine: UpdateMachine) -> [Event] {
        let facts: StoreFacts
        do throws(Fault) {
            // What a failing disk left half done is done before anything is told: a good version whose
            // floor was not raised, a trial that was left and still runs.
            if failure != nil { try mend() }
            facts = try self.facts()
        } catch {
            return [.activateFailed(Failure(error.code, error.message))]
        }
        guard let release = machine.work?.prepared, let slot = facts.slot(of: release) else {
            return [.fellBack(failure ?? Failure(.cancelled, "The version is gone."))]
        }
        let isRunning = facts.running?.release == release
        let words = failure ?? Failure(.internalError, "It ended without a word.")
        switch slot.state {
        case "good" where isRunning: return [.passed]
        case "bad":
            return [
                .fellBack(
                    Failure(
                        .probationFailed,
                        slot.reason.isEmpty ? words.message : told(slot.reason)))
            ]
        case "trial" where isRunning, "ready": return [.activateFailed(words)]
        default: return [.fellBack(words)]
        }
    }
}
