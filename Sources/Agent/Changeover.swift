internal import Bundle
public import Faults
public import Slots
internal import StrictJSON

/// Swaps the version that is ready in and watches it, or goes on with a trial that was begun.
public struct Changeover {
    private let configuration: Configuration
    private let allowDenied: Bool
    private let reporter: any Reporter
    private let command = "nacelle activate"

    /// Makes the operation.
    ///
    /// - Parameters:
    ///   - configuration: the machine's configuration.
    ///   - allowDenied: whether a version that is denied here may be swapped in.
    ///   - reporter: whom to tell.
    public init(
        _ configuration: Configuration, allowDenied: Bool, reporter: any Reporter
    ) {
        self.configuration = configuration
        self.allowDenied = allowDenied
        self.reporter = reporter
    }

    /// Performs it.
    ///
    /// A signal ends it at once and leaves a trial as it is: the next one goes on with what was
    /// watched.
    ///
    /// - Parameter store: the store's path where the command names one.
    /// - Returns: the version, which is good, and its slot.
    /// - Throws: a `Fault`; of code `not-found` where no version is ready, `busy` where the hook says
    ///   not now.
    public func run(store: String?) throws(Fault) -> (VersionIdentity, SlotName) {
        let activation = Activation(try configuration.activation())
        try activation.check()
        let probe = try configuration.probe()
        let health = try configuration.healthPlace { (why) in
            reporter.say(why, event: "warning")
        }
        let store = try Store.open(path: try configuration.storePath(store))
        let filling = try store.lockFilling(command)
        try store.clearCancel()
        let trial = Trial(
            activation: activation, probe: probe, health: health, reporter: reporter,
            command: command,
            leavesOnSignal: true)
        let mended = try store.recover(command)
        for line in mended.lines { reporter.say(line, event: "recovered") }
        if let moved = mended.moved { try trial.restart(moved, store) }
        let snapshot = try store.snapshot()
        try snapshot.checkLink(store: store.path)
        let done = try proceed(snapshot, trial, store)
        _ = consume filling
        return done
    }

    private func proceed(
        _ snapshot: StoreSnapshot, _ trial: Trial, _ store: borrowing Store
    ) throws(Fault) -> (VersionIdentity, SlotName) {
        if let current = snapshot.current, let running = snapshot.running, running.state == .trial {
            reporter.say(
                "Version \(running.identity.version) is in trial; its probation goes on.",
                event: "resumed")
            let progress = ProbationProgress.load(current, running, store)
            return (
                try trial.watch(
                    current, store, specification(current, running, store),
                    progress: progress),
                current
            )
        }
        guard let ready = snapshot.ready, let record = snapshot.record(ready) else {
            let spare = snapshot.spare
            throw Fault(
                .notFound,
                "No version is ready to be swapped in: slot \(spare.rawValue) "
                    + "\(snapshot.describe(spare)).",
                advice: "Prepare one: nacelle install --prepare.")
        }
        let denial = try store.denials().first { $0.identity.isSameRelease(as: record.identity) }
        if let denial, !allowDenied {
            throw Fault(
                .denied,
                "Version \(record.identity.version) is denied on this machine: "
                    + "\(Fault.clause(denial.reason)).",
                advice: "To swap it in all the same: nacelle activate --allow-denied.")
        }
        try SlotVerification.confirmReady(ready, record, store, reporter)
        return (try trial.swap(ready, store, specification(ready, record, store)), ready)
    }

    /// How the version is to be watched, as its signed manifest says; where that was not kept whole, as
    /// its record does.
    private func specification(
        _ slot: SlotName, _ record: SlotRecord, _ store: borrowing Store
    ) -> ProbationSpecification {
        if let manifest = (try? KeptManifest.read(of: slot, record, store)) ?? nil {
            return manifest.probation
        }
        guard let watch = record.watch, let fields = try? JSONFields(watch, path: "record.watch"),
            let read = try? ProbationSpecification(fields)
        else {
            let usual = ProbationSpecification()
            reporter.say(
                "The record does not say how long version \(record.identity.version) is to be "
                    + "watched; it is watched for \(usual.duration) ms.", event: "warning")
            return usual
        }
        return read
    }
}
