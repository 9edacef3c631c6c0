internal import Bundle
public import Faults
public import Sealing
public import Trust

/// The bundles that a repository's top-level targets offer.
public struct Catalogue: Sendable {
    /// A bundle that is offered.
    public struct Offer: Sendable, Equatable {
        /// Its envelope.
        public let target: TargetFile
        /// What is said of it.
        public let bundle: BundleTarget
    }

    /// All of them, full bundles and deltas, in the order of their paths.
    public let offers: [Offer]
    /// Targets that speak of a bundle in a way that cannot be read, with why.
    public let unreadable: [(path: String, fault: Fault)]

    /// Reads what a repository offers.
    public init(_ trusted: TrustedRepository) {
        var offers: [Offer] = []
        var unreadable: [(path: String, fault: Fault)] = []
        for target in trusted.targets.files {
            do throws(Fault) {
                // What another tool put there is none of ours.
                guard let bundle = try BundleTarget(custom: target.custom) else { continue }
                offers.append(Offer(target: target, bundle: bundle))
            } catch {
                unreadable.append((target.path, error))
            }
        }
        self.offers = offers
        self.unreadable = unreadable
    }

    /// The full bundles for a machine, the newest first.
    ///
    /// - Parameters:
    ///   - machine: the names by which bundles call it.
    ///   - architecture: its processor's, as `uname -m` says it.
    ///   - application: the application; `nil` for any.
    /// - Returns: what is offered, by falling release counter.
    public func versions(
        for machine: [String], architecture: String, application: String?
    ) -> [Offer] {
        offers.filter { offer in
            let bundle = offer.bundle
            return bundle.delta == nil && bundle.machines.contains { machine.contains($0) }
                && (bundle.architecture == nil || bundle.architecture == architecture)
                && (application == nil || bundle.application == application)
        }.sorted { $0.bundle.releaseCounter > $1.bundle.releaseCounter }
    }

    /// The delta to a full bundle from a version.
    ///
    /// - Parameters:
    ///   - full: the id of the full bundle.
    ///   - base: the tree digest of the version that runs.
    /// - Returns: the smallest; `nil` where there is none.
    public func delta(to full: [UInt8], from base: Digest) -> Offer? {
        offers.filter { $0.bundle.delta?.full == full && $0.bundle.delta?.baseTree == base }
            .min { $0.bundle.pack < $1.bundle.pack }
    }
}
