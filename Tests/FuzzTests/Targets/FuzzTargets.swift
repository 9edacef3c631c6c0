/// Every reader that is fuzzed; docs/fuzzing.md has the table.
enum FuzzTargets {
    static let all =
        JSONTargets.all + BundleTargets.all + ChunkTargets.all + PipeTargets.all + TrustTargets.all
        + ArchiveTargets.all + FleetTargets.all + TransportTargets.all + SealingTargets.all
        + SmokeTargets.all + ConfigurationTargets.all + StoreTargets.all + HealthTargets.all

    /// The target of a name.
    static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}
