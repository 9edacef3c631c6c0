internal import Faults
internal import Fleet
internal import Sealing
internal import Slots

/// What a rollout server is told of this machine: which version runs here and has proved itself.
enum FleetAttributes {
    /// The attributes by what the store says.
    ///
    /// As long as a version is in its probation the one before counts: some servers take the new
    /// version's name for the success of its rollout.
    ///
    /// - Parameters:
    ///   - machine: this machine.
    ///   - more: further attributes of the configuration; they may name board and revision.
    ///   - snapshot: what the store says.
    ///   - application: the application that the store is bound to.
    /// - Returns: all attributes.
    static func make(
        _ machine: MachineSettings, _ more: [String: String], _ snapshot: StoreSnapshot,
        application: String?
    ) -> ConfigData {
        let running = snapshot.running
        let trial = running?.state == .trial ? running?.identity.version : nil
        let identity = proved(snapshot)?.identity
        var attributes: [(String, String)] = [
            ("sw_version", identity?.version ?? "0"),
            ("application", identity?.application ?? application ?? machine.application ?? "none"),
            ("tree", identity?.tree.hex ?? "none"),
            ("release", identity.map { "\($0.releaseCounter)" } ?? "0"),
            ("health", health(snapshot)), ("agent", NacelleVersion.current),
        ]
        if let trial { attributes.append(("trial_version", trial)) }
        attributes += more.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        attributes += [
            ("hw_boardname", machine.names.first ?? "default"), ("hw_revision", "default"),
        ]
        return ConfigData(attributes)
    }

    /// The version that runs and has proved itself, for a server that does not know of it.
    ///
    /// - Parameter snapshot: what the store says.
    /// - Returns: the version; `nil` where none is good.
    static func running(_ snapshot: StoreSnapshot) -> RunningVersion? {
        guard let record = proved(snapshot), record.state == .good else { return nil }
        let identity = record.identity
        return RunningVersion(
            name: identity.application, version: identity.version,
            release: "\(identity.tree.hex)#\(identity.releaseCounter)")
    }

    /// The record of the version that runs; in its probation of the one before.
    private static func proved(_ snapshot: StoreSnapshot) -> SlotRecord? {
        guard let running = snapshot.running, running.state == .trial else {
            return snapshot.running
        }
        return running.fallback.flatMap { snapshot.record(of: $0) }
    }

    /// How the version that runs stands: its record's state, and `factory` for the factory tree.
    private static func health(_ snapshot: StoreSnapshot) -> String {
        if snapshot.named == .factory { return "factory" }
        return snapshot.running?.state.rawValue ?? "empty"
    }
}
