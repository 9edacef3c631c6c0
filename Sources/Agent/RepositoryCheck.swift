internal import Processes
public import Faults
public import Install
internal import Repository
internal import Slots
public import Transport
internal import Trust

/// Asks a repository what it offers for this machine; installs nothing.
public struct RepositoryCheck {
    private let configuration: Configuration
    private let reporter: any Reporter

    /// Makes the operation.
    public init(_ configuration: Configuration, reporter: any Reporter) {
        self.configuration = configuration
        self.reporter = reporter
    }

    /// Refreshes the repository's metadata and looks.
    ///
    /// - Parameters:
    ///   - tree: where the repository is.
    ///   - place: the repository as it was named; `nil` where it is the configured one.
    ///   - reach: what reading it takes.
    ///   - store: the store's path where the command names one.
    ///   - meter: counts what comes over a network.
    /// - Returns: what is offered.
    /// - Throws: a `Fault`, as of a refresh; of code `not-found` where nothing is for this machine.
    public func run(
        _ tree: any FileTree, named place: String?, reach: Reach, store: String?,
        meter: TrafficMeter? = nil
    ) throws(Fault) -> RepositoryReport {
        let shipped = try TrustedFiles.root(configuration.trust())
        let machine = Machine.here(try configuration.machine())
        let owner = try configuration.owner().map { ($0.user, $0.group) }
        let open = try Store.openOrMake(path: try configuration.storePath(store), owner: owner)
        try open.confine(reach)
        try meter?.begin(open, configuration, command: "nacelle check")
        let result = try RepositoryRefresh(
            place: tree, acceptsExpiredMedia: try configuration.acceptsExpiredMedia(),
            reporter: reporter
        ).run(open, from: shipped, command: "nacelle check")
        let choice = RepositoryChoice(
            machine: machine, boundTo: try open.application(), place: tree.name)
        let running = try open.snapshot().running
        let offers = try choice.offers(
            result.catalogue, version: nil, running: running?.identity.tree)
        let newest = offers[0].bundle
        let identity = VersionIdentity(newest)
        var names: [String] = []
        for offer in choice.versions(result.catalogue) where names.last != offer.bundle.version {
            names.append(offer.bundle.version)
        }
        return RepositoryReport(
            place: tree.name, named: place, newest: identity, running: running?.identity,
            isDenied: try open.denials().contains { $0.identity.isSameRelease(as: identity) },
            floor: try open.floor()?.identity.releaseCounter,
            fullBytes: newest.index + newest.pack,
            deltaBytes: running.flatMap {
                result.catalogue.delta(to: newest.bundle, from: $0.identity.tree)?.bundle
            }.map { $0.index + $0.pack },
            versions: names,
            expires: result.trusted.expires, root: result.trusted.root.version,
            unjudged: result.unjudged, fetched: tree.fetched)
    }
}
