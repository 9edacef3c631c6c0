internal import Agent
internal import Console
internal import Faults
internal import Fleet
internal import Processes
internal import Slots
internal import UpdateMachine

/// What the rollout server is told: put into the outbox, which delivers at each look.
extension Supervisor {
    /// Puts a report that nothing depends on into the outbox.
    func tell(_ report: ServerReport, _ machine: UpdateMachine) {
        guard let outbox else { return }
        do throws(Fault) {
            try outbox.add(report.told(details: []), once: nil)
            // What goes on is told at once, while the machine is reached anyway.
            let soon = Deadline(after: .seconds(10))
            timers[.poll] = min(timers[.poll] ?? soon, soon)
        } catch {
            console.warn("A report cannot be kept: \(error.description)")
        }
    }

    /// Puts an outcome down durably, once.
    func close(_ report: ServerReport?, _ machine: UpdateMachine) -> [Event] {
        do throws(Fault) {
            if let report, let outbox {
                let round = "\(machine.work?.target.key ?? "")#\(machine.round)"
                try outbox.add(report.told(details: details(machine)), once: round)
                for job in jobs where job.kind == .look {
                    job.isOutdated = true
                    job.isAskedAgain = false
                }
            }
            if machine.state == .fallenBack, let outbox,
                let running = try store.snapshot().running?.identity
            {
                try outbox.add(
                    .installed(name: running.application, version: running.version), once: nil)
            }
        } catch {
            // Kept in this state: the next start, or the next try, puts it down.
            console.warn("The outcome cannot be put down: \(error.description)")
            trouble = error
            timers[.step] = Deadline(after: .seconds(60))
            return []
        }
        view.outcomes += 1
        return [.reported]
    }

    /// What was seen of a failure, for the report.
    private func details(_ machine: UpdateMachine) -> [String] {
        guard machine.state == .fallenBack || machine.state == .failed,
            let evidence = FailureEvidence.kept(in: store)
        else { return [] }
        // What is kept may be of an earlier version.
        let isOfThis =
            machine.work?.prepared.map { $0.hasSuffix("#\(evidence.releaseCounter)") }
            ?? (machine.failure?.code.rawValue.hasPrefix("smoke") == true)
        return isOfThis ? evidence.details(limit: 40) : []
    }
}

extension ServerReport {
    /// The same in the protocol's words.
    func told(details: [String]) -> Report {
        switch self {
        case .step(let action, let step, let text):
            let step: Report.Step =
                switch step {
                case .scheduled: .scheduled
                case .download: .download
                case .downloaded: .downloaded
                case .resumed, .proceeding: .proceeding
                }
            return .step(step, action: action, details: [text])
        case .succeeded(let action, let version):
            return .final(
                action: action, success: true,
                details: ["Version \(version) passed its probation, and is good."])
        case .failed(let action, let failure, let fellBack):
            let what = fellBack ? "The version before runs again" : "Nothing was changed"
            return .final(
                action: action, success: false, code: Int(failure.code.exitStatus),
                details: ["\(failure.message) (\(failure.code.rawValue)) \(what)."] + details)
        case .cancelAccepted(let request): return .cancelAccepted(action: request)
        case .cancelRefused(let request, let why):
            return .cancelRefused(action: request, reason: why)
        case .confirmed(let action):
            return .confirmed(action: action, why: "A person confirmed it on the machine.")
        case .refused(let action):
            return .denied(action: action, why: "A person refused it on the machine.")
        }
    }
}
