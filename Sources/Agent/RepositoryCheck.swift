internal import Processes
public import Faults
public import Install
internal import Repository
internal import Slots
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
    ///   - store: the store's path where the command names one.
    /// - Returns: what is offered.
    /// - Throws: a `Fault`, as of a refresh; of code `not-found` where nothing is for this machine.
    public func run(_ tree: any FileTree, store: String?) throws(Fault) -> RepositoryReport {
        let trusted = try TrustedFiles.load(configuration.trust())
        let machine = Machine.here(try configuration.machine())
        let owner = try configuration.owner().map { ($0.user, $0.group) }
        let open = try Store.openOrMake(path: try configuration.storePath(store), owner: owner)
        let result = try RepositoryRefresh(
            place: tree, acceptsExpiredMedia: try configuration.acceptsExpiredMedia(),
            reporter: reporter
        ).run(open, from: trusted.root, command: "nacelle check")
        let choice = RepositoryChoice(
            machine: machine, boundTo: try open.application(), place: tree.name)
        let newest = try choice.offer(result.catalogue, version: nil).bundle
        let running = try open.snapshot().running
        let identity = VersionIdentity(newest)
        return RepositoryReport(
            place: tree.name, newest: identity, running: running?.identity,
            isDenied: try open.denials().contains { $0.identity.isSameRelease(as: identity) },
            floor: try open.floor()?.identity.releaseCounter,
            fullBytes: newest.index + newest.pack,
            deltaBytes: running.flatMap {
                result.catalogue.delta(to: newest.bundle, from: $0.identity.tree)?.bundle
            }.map { $0.index + $0.pack },
            versions: choice.versions(result.catalogue).map(\.bundle.version),
            expires: result.trusted.expires, root: result.trusted.root.version,
            unjudged: result.unjudged, fetched: tree.fetched)
    }
}
