public import Agent
public import Console
internal import DurableFiles
public import Faults
internal import Fleet
internal import Glibc
internal import Processes
internal import Slots
internal import StrictJSON
internal import UpdateMachine

/// The service's loop: waits for children, timers, requests and signals, and nothing else.
///
/// It sleeps in one `poll(2)` and does nothing of its own that could hang: what can is a child
/// (`Job`). It holds `state/service.lock` as long as it runs.
public final class Supervisor {
    /// What the service is to do, beside running for ever.
    public enum Task: Sendable {
        /// It runs until it is told to stop.
        case forever
        /// It looks for a new version once, installs it, and ends when nothing is left to do.
        case once
    }

    let configurationPath: String
    let storeOverride: String?
    let task: Task
    let console: Console
    let notice: ServiceNotice
    var settings: ServiceSettings
    var fleet: FleetSettings?
    var activation: Activation?
    /// What is looked at of the model's health, and how often.
    var health: TelemetrySettings
    /// When it is looked at next.
    var measureAt: Deadline
    /// Why the last look failed; empty where it did not.
    var measuring = ""
    let store: Store
    let requests: Requests
    var outbox: Outbox?
    /// Where what the service shows of itself stands.
    let runtime: String
    var jobs: [Job] = []
    var times: WaitTimes
    var timers: [Alarm: Deadline] = [:]
    var view = LiveView()
    var shown = LiveView()
    var shownAt = Deadline(after: .zero)
    var saved: [UInt8] = []
    var told = ""
    /// What the prepared version's child said that it is.
    var prepared: String?
    var isStopping = false
    /// What could not be put down.
    ///
    /// The service tries again later; who waits for one update is told.
    var trouble: Fault?
    /// What went wrong in the step that was tried last.
    var stepFailure: Failure?
    private(set) var conductor: Conductor?

    /// Opens the store and what else the service holds for good.
    ///
    /// - Parameters:
    ///   - configuration: the machine's configuration; read again on SIGHUP.
    ///   - override: the store's path where the command names one.
    ///   - task: what to do.
    ///   - console: whom to tell.
    /// - Throws: a `Fault`; of code `busy` where a service runs already.
    public init(
        _ configuration: Configuration, store override: String?, task: Task, console: Console
    ) throws(Fault) {
        configurationPath = try configuration.absolutePath()
        storeOverride = try override.map { (override) throws(Fault) in
            try configuration.storePath(override)
        }
        self.task = task
        self.console = console
        notice = ServiceNotice()
        settings = try configuration.service()
        fleet = try configuration.fleet()
        activation = Activation(try configuration.activation())
        health = Supervisor.health(configuration, console)
        measureAt = Deadline(after: .seconds(health.interval))
        let owner = try configuration.storeOwner()
        let runtimePath = try configuration.smoke().runtimeDirectory
        let path = try configuration.storePath(override)
        runtime = runtimePath
        Supervisor.makeRuntime(runtimePath, owner: Store.owner(path: path) ?? owner)
        store = try Store.openOrMake(path: path, owner: owner)
        requests = try Requests(store)
        outbox = fleet == nil ? nil : Outbox(try store.outboxDirectory())
        times = WaitTimes(interval: settings.poll)
    }

    /// What is looked at of the model's health; nothing, and that is said, where it cannot be read.
    private static func health(
        _ configuration: Configuration, _ console: Console
    ) -> TelemetrySettings {
        do throws(Fault) { return try configuration.telemetry() } catch {
            console.warn("The model's health is not looked at: \(error.description)")
            var settings = TelemetrySettings()
            settings.isOn = false
            return settings
        }
    }

    /// Makes the runtime directory while the service is still root; without one nothing is shown.
    private static func makeRuntime(_ path: String, owner: (user: UInt32, group: UInt32)?) {
        guard let place = try? FilePlace(path),
            let directory = try? Directory.open(path: place.parent).openOrMake(place.name)
        else { return }
        if let owner, geteuid() == 0 {
            try? directory.chown(owner: owner.user, group: owner.group)
        }
    }

    /// Runs until it is told to stop, or until nothing is left to do.
    ///
    /// - Returns: how the last update ended, for who waits for it.
    /// - Throws: a `Fault`: another service runs, or the kernel refuses what the loop needs.
    public func run() throws(Fault) -> LiveView {
        let lock = try store.lockService("nacelle run")
        let signals = try SignalPipe.watch([SIGTERM, SIGINT, SIGHUP])
        let watch = try DirectoryWatch(requests.directory)
        let conductor = Conductor(loadMachine(), self)
        self.conductor = conductor
        conductor.feed(.started)
        notice.ready()
        takeRequests(conductor)
        if case .once = task { conductor.feed(.asked(.update)) }
        while !isFinished(conductor) {
            let watched = [signals, watch.raw] + jobs.flatMap(\.descriptors)
            let ready = Readiness.wait(for: watched, until: nextDeadline)
            if ready[0] { for number in SignalPipe.take() { handle(signal: number, conductor) } }
            if ready[1] {
                watch.clear()
                takeRequests(conductor)
            }
            pumpJobs(conductor)
            fireTimers(conductor)
            measure(conductor)
            notice.alive()
        }
        notice.stopping()
        stopJobs()
        show(conductor.machine)
        self.conductor = nil
        _ = consume lock
        if isStopping, case .once = task {
            throw Fault(
                .cancelled, "Stopped by a signal.",
                advice: "The same command, or the service, goes on from here.")
        }
        if let trouble, case .once = task {
            throw Fault(
                trouble.code, trouble.message,
                advice: "Mend that; the same command, or the service, then goes on from here.")
        }
        return view
    }

    /// When the loop has to wake at the latest.
    private var nextDeadline: Deadline {
        var next = Deadline(after: notice.watchdog.map { $0 / 2 } ?? .seconds(3600))
        for deadline in timers.values { next = min(next, deadline) }
        if health.isOn, case .forever = task { next = min(next, measureAt) }
        for job in jobs { next = min(next, job.deadline) }
        if view != shown { next = min(next, shownAt) }
        return next
    }

    private func isFinished(_ conductor: Conductor) -> Bool {
        if isStopping { return true }
        guard case .once = task, jobs.isEmpty else { return false }
        if trouble != nil { return true }
        switch conductor.machine.state {
        case .idle:
            return !conductor.machine.hasWish && timers[.poll].map { !$0.passed } ?? true
        case .waiting: return timers[.step] != nil || conductor.machine.work?.hold == .person
        default: return false
        }
    }

    private func handle(signal number: Int32, _ conductor: Conductor) {
        guard number == SIGHUP else {
            isStopping = true
            return
        }
        notice.reloading()
        reload(conductor)
        notice.ready()
    }

    /// Reads the configuration again; one with a mistake in it changes nothing.
    private func reload(_ conductor: Conductor) {
        let configuration = Configuration.load(path: configurationPath)
        do throws(Fault) {
            let settings = try configuration.service()
            let fleet = try configuration.fleet()
            let activation = Activation(try configuration.activation())
            let health = Supervisor.health(configuration, console)
            outbox = fleet == nil ? nil : Outbox(try store.outboxDirectory())
            self.settings = settings
            self.fleet = fleet
            self.activation = activation
            self.health = health
            measureAt = min(measureAt, Deadline(after: .seconds(health.interval)))
            times.setInterval(settings.poll)
            conductor.configure(machineSettings)
            console.note("The configuration was read again.")
            // What waits may be allowed now.
            if conductor.machine.state == .waiting { conductor.feed(.timeUp(.step)) }
        } catch {
            console.warn("The configuration is not taken over: \(error.description)")
        }
    }

    private func takeRequests(_ conductor: Conductor) {
        for request in requests.waiting() {
            console.note("Asked to \(request.rawValue).")
            conductor.feed(.asked(request))
            requests.done(request)
        }
    }

    private func fireTimers(_ conductor: Conductor) {
        for (timer, deadline) in timers where deadline.passed {
            timers[timer] = nil
            conductor.feed(.timeUp(timer))
        }
        if view != shown, shownAt.passed { writeView() }
    }

    /// Ends what still runs; each gets a few seconds to leave things as they can be gone on with.
    private func stopJobs() {
        for job in jobs { job.askToEnd(within: .seconds(5)) }
        let end = Deadline(after: .seconds(8))
        while !jobs.isEmpty, !end.passed {
            _ = Readiness.wait(
                for: jobs.flatMap(\.descriptors),
                until: min(end, Deadline(after: .milliseconds(100))))
            for job in jobs { _ = job.pump() }
            jobs.removeAll { $0.status != nil }
        }
        jobs = []
    }

    /// What the configuration lets the machine do.
    var machineSettings: Settings {
        let mode: Settings.Mode =
            switch settings.mode {
            case .check: .check
            case .prepare: .prepare
            case .install: .install
            }
        return Settings(mode: mode, asksPerson: settings.confirm)
    }

    /// The machine that was saved, or a new one where there is none that can be read.
    private func loadMachine() -> UpdateMachine {
        do throws(Fault) {
            let limit = UpdateMachine.recordLimit
            if let bytes = try store.readState("update.json", limit: limit) {
                saved = bytes
                return try UpdateMachine(reading: bytes, settings: machineSettings)
            }
        } catch {
            console.warn(
                "What was saved of the update under way cannot be read and is begun anew: "
                    + error.message)
        }
        return UpdateMachine(machineSettings)
    }
}
