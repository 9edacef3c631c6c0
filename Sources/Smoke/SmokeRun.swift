public import Bundle
public import DurableFiles
public import Faults
internal import Processes

/// One smoke run: starts the version's program, lets it prove itself, and ends all that it started.
public struct SmokeRun {
    private let specification: SmokeSpecification
    private let configuration: SmokeConfiguration
    private let checkpoint: () throws(Fault) -> Void

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - specification: what the manifest asks for.
    ///   - configuration: what the machine allows.
    ///   - checkpoint: called about every 20 ms; what it throws (a cancel) ends the run.
    public init(
        _ specification: SmokeSpecification, _ configuration: SmokeConfiguration,
        checkpoint: @escaping () throws(Fault) -> Void = {}
    ) {
        self.specification = specification
        self.configuration = configuration
        self.checkpoint = checkpoint
    }

    /// Runs it from a slot.
    ///
    /// - Parameter slot: the slot, opened by its absolute path, which the smoke user must be able to
    ///   enter.
    /// - Returns: the report, with the fault where the version did not prove itself: of a `smoke-…`
    ///   code for the version's own failing, `isolation-unavailable` where this machine cannot run
    ///   it as configured, `malformed` for golden files that cannot be read.
    public func perform(in slot: borrowing Directory) -> SmokeOutcome {
        let start = BootClock.now
        var report = emptyReport()
        do throws(Fault) {
            try specification.validate()
            try configuration.check(owner: try slot.info().owner)
            try run(in: slot, &report)
        } catch {
            report.failure = error
        }
        report.duration = (BootClock.now - start).milliseconds
        return SmokeOutcome(report: report)
    }

    private func emptyReport() -> SmokeReport {
        let isolated: (text: String, user: String) =
            switch configuration.isolation {
            case .full(let account): ("full", account.name)
            case .none: ("none", "user \(Identity.user)")
            }
        let kind =
            switch specification {
            case .inference: "inference"
            case .command: "command"
            }
        var report = SmokeReport(kind: kind, isolation: isolated.text, user: isolated.user)
        report.memoryLimit = specification.memory?.limit
        if case .inference(let inference) = specification {
            report.minimumTop1 = inference.minimumTop1Agreement
        }
        return report
    }

    private func run(in slot: borrowing Directory, _ report: inout SmokeReport) throws(Fault) {
        let program = try StartedProgram(
            specification, configuration, tree: slot.path, checkpoint: checkpoint)
        let watch = program.watch
        if program.isIsolated, !watch.wholeTreeReadOnly {
            report.isolation = "full, but only the store read-only (Linux before 5.12)"
        }
        defer {
            report.peakMemory = watch.peak
            report.output = watch.outputTail
        }
        do throws(Fault) {
            switch specification {
            case .command(let command): try SmokeRun.await(command, watch)
            case .inference(let inference):
                let exam = SmokeExam(inference, watch, socket: program.socket)
                try exam.perform(in: slot, &report)
            }
        } catch {
            // The first fault counts; what ending it says then is of no more use.
            _ = try? watch.end()
            throw error
        }
        try watch.end()
    }

    private static func await(_ command: SmokeCommand, _ watch: SmokeWatch) throws(Fault) {
        while true {
            try watch.tick()
            if let status = watch.status {
                guard !status.success else { return }
                throw Fault(
                    .smokeFailed, "The smoke command \(command.program.path) \(status).",
                    cause: lastLines(watch.outputTail))
            }
            try watch.pause(.milliseconds(20))
        }
    }

    /// The last three lines that a program printed, for a fault's cause.
    static func lastLines(_ output: String) -> String? {
        let lines = output.split(separator: "\n").suffix(3).map { String($0.suffix(300)) }
        return lines.isEmpty ? nil : lines.joined(separator: " | ")
    }
}
