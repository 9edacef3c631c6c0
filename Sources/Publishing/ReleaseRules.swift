internal import Bundle
internal import Faults
internal import Repository
internal import Sealing

/// Whether a bundle may join those that a repository offers; pure.
struct ReleaseRules {
    /// What is offered, and what is being added.
    private(set) var bundles: [BundleTarget]
    /// Whether a release counter may go back.
    let allowsOlder: Bool

    /// Takes another bundle in.
    ///
    /// - Throws: a `Fault` of code `downgrade` for a counter that goes back, `source` for one that is
    ///   taken by other files, or for a delta whose full bundle is not there.
    mutating func add(_ bundle: BundleTarget) throws(Fault) {
        try check(bundle)
        bundles.append(bundle)
    }

    private func check(_ bundle: BundleTarget) throws(Fault) {
        if let delta = bundle.delta {
            guard let full = bundles.first(where: { $0.bundle == delta.full }) else {
                throw Fault(
                    .source,
                    "The delta from \(delta.baseVersion) to \(bundle.version) stands for the full "
                        + "bundle \(Hex.encode(delta.full)), which is not in the repository.",
                    advice: "Add the full bundle of version \(bundle.version) with it.")
            }
            guard full.delta == nil, full.application == bundle.application,
                full.tree == bundle.tree, full.releaseCounter == bundle.releaseCounter
            else {
                throw Fault(
                    .source,
                    "The delta to \(bundle.version) (release \(bundle.releaseCounter), tree "
                        + "\(bundle.tree.short)…) does not give what its full bundle gives: "
                        + "\(full.version) (release \(full.releaseCounter), tree "
                        + "\(full.tree.short)…).", advice: "Make the delta again.")
            }
            return
        }
        let rivals = bundles.filter { $0.delta == nil && ReleaseRules.meet($0, bundle) }
        let same = rivals.first { $0.releaseCounter == bundle.releaseCounter }
        if let same, same.tree != bundle.tree {
            throw Fault(
                .source,
                "Release \(bundle.releaseCounter) of \(bundle.application) is version "
                    + "\(same.version) in the repository, with other files (tree "
                    + "\(same.tree.short)…, not \(bundle.tree.short)…).",
                advice: "Build it again with a higher release counter.")
        }
        guard !allowsOlder,
            let newest = rivals.max(by: { $0.releaseCounter < $1.releaseCounter }),
            newest.releaseCounter > bundle.releaseCounter
        else { return }
        throw Fault(
            .downgrade,
            "Version \(bundle.version) of \(bundle.application) is release "
                + "\(bundle.releaseCounter); the repository offers release "
                + "\(newest.releaseCounter) (version \(newest.version)) for the same machine.",
            advice: "Give it a higher release counter, or add it with --allow-older.")
    }

    /// Whether some machine may run both.
    private static func meet(_ one: BundleTarget, _ other: BundleTarget) -> Bool {
        guard one.application == other.application else { return false }
        if let first = one.architecture, let second = other.architecture, first != second {
            return false
        }
        return !Set(one.machines).isDisjoint(with: other.machines)
    }
}
