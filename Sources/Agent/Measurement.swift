internal import Confinement
internal import DurableFiles
public import Faults
internal import Glibc
internal import Slots
public import Telemetry
internal import Transport

/// One look at the application and the machine: kept, shown, and pushed.
public struct Measurement {
    private let configuration: Configuration
    private let command = "nacelle measure"

    /// Makes the operation.
    public init(_ configuration: Configuration) { self.configuration = configuration }

    /// What came of it.
    public struct Result: Sendable {
        /// What is shown.
        public var page: MachinePage
        /// What could not be done: a textfile that cannot be written, a server that does not answer.
        public var warnings: [String]
        /// Bytes that wait to be pushed; `nil` where nothing is pushed.
        public var waiting: Int64?
    }

    /// Performs it.
    ///
    /// - Parameters:
    ///   - store: the store's path where the command names one.
    ///   - more: tells what others know of this machine; asked once all was read that needs root.
    /// - Returns: what came of it.
    /// - Throws: a `Fault` where there is no store, or what was seen cannot be kept.
    public func run(
        store: String?, with more: () -> [MetricFamily]
    ) throws(Fault) -> Result {
        // All that needs root is read before the store's owner takes over.
        let place = try configuration.healthPlace()
        let facts = MachineFacts(configuration)
        var warnings: [String] = []
        let pushing = place.settings.push.map {
            Pushing($0, name: place.settings.name, configuration)
        }
        let open = try Store.open(path: try configuration.storePath(store))
        let known = more()
        try confine(place, pushing?.settings, open)
        try look(place, open)
        let page = try MachinePage(facts, open, with: known)
        if let path = place.settings.textfile {
            do throws(Fault) { try show(page, at: path) } catch { warnings.append(error.message) }
        }
        var waiting: Int64?
        if let pushing {
            do throws(Fault) {
                let before = PushState.load(open)?.dropped.refused ?? 0
                let state = try pushing.run(page.families, open, command: command)
                if !state.problem.isEmpty {
                    warnings.append("Samples cannot be pushed: \(state.problem)")
                }
                if state.dropped.refused > before {
                    warnings.append(
                        "\(state.dropped.refused - before) samples were given up: the server will never "
                            + "take them.")
                }
                waiting = state.waiting
            } catch {
                guard error.code != .cancelled else { throw error }
                warnings.append("Samples cannot be kept: \(error.message)")
            }
        }
        return Result(page: page, warnings: warnings, waiting: waiting)
    }

    private func confine(
        _ place: HealthPlace, _ http: TransferSettings?, _ store: borrowing Store
    ) throws(Fault) {
        var reach = http.map { Reach.network($0) } ?? .store
        // Without it no socket is let through at all, not even to the application beside us.
        if place.settings.page != nil { reach.network = true }
        reach.files += HardwareReading.places + [configuration.path]
        var writable = [store.path, place.runtime]
        if let path = place.settings.textfile { writable.append(try FilePlace(path).parent) }
        let present = writable.filter { (try? Directory.open(path: $0)) != nil }
        try Confinement.enter(reach.policy(owner: store.owner, writable: present))
    }

    /// Looks at the application of the slot that runs.
    private func look(_ place: HealthPlace, _ store: borrowing Store) throws(Fault) {
        let snapshot = try store.snapshot()
        guard place.settings.isOn, let slot = snapshot.current, let record = snapshot.running
        else { return }
        var look = try HealthLook(place, slot, record, store)
        guard look.isPossible else { return }
        _ = try look.look(store, command: command, checkpoint: Interruption.check)
    }

    private func show(_ page: MachinePage, at path: String) throws(Fault) {
        let place = try FilePlace(path)
        // node_exporter's collector looks at names that end in .prom alone.
        try Directory.open(path: place.parent).replace(
            place.name, with: MetricPage.text(page.families))
    }
}
