// Publishing: keeps a static TUF repository of bundles: puts bundles in, takes them out, writes its
// metadata. On the CI side alone; what devices read of it is in Repository.

public import Faults

/// Keeps one repository of bundles: a folder that any server of files can serve.
///
/// Each operation takes the repository's lock, ends what a crash has left half done, and publishes in
/// the order that readers need: objects, lists of recipients and envelopes, then targets and snapshot,
/// the timestamp last. What would be published is first read as a device reads it.
public struct RepositoryPublisher {
    /// The folder.
    let path: String
    /// The time by which expiry is judged and set, in seconds since 1970.
    let now: Int64
    /// How long what is signed stays valid.
    let lifetimes: Lifetimes
    let progress: (_ phase: String, _ done: Int64, _ total: Int64) -> Void
    let checkpoint: (_ path: String) throws(Fault) -> Void

    /// Names a repository; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - path: its folder.
    ///   - now: the time, in seconds since 1970.
    ///   - lifetimes: how long what is signed stays valid.
    ///   - progress: told of phases and of the bytes done in them.
    ///   - checkpoint: called before each durable change with what changes; what it throws ends the
    ///     operation there, as a crash would.
    public init(
        path: String, now: Int64, lifetimes: Lifetimes = Lifetimes(),
        progress: @escaping (_ phase: String, _ done: Int64, _ total: Int64) -> Void = { _, _, _ in
        },
        checkpoint: @escaping (_ path: String) throws(Fault) -> Void = { _ throws(Fault) in }
    ) {
        self.path = path
        self.now = now
        self.lifetimes = lifetimes
        self.progress = progress
        self.checkpoint = checkpoint
    }

    /// Opens the folder with its lock, and ends an interrupted publication.
    func open(_ command: String) throws(Fault) -> RepositoryFolder {
        let folder = try RepositoryFolder.open(path, for: command, checkpoint: checkpoint)
        try PublicationJournal.recover(folder)
        // A crash may have come between the publication of staged targets and their removal.
        if let staged = try StagedTargets.read(folder),
            try MetadataNames.versions(of: "targets", in: path).last ?? 0 >= staged.version
        {
            try folder.remove(StagedTargets.path)
        }
        return folder
    }

    /// Refuses to begin where another publication waits for its signatures.
    func refuseStaged(_ folder: borrowing RepositoryFolder) throws(Fault) {
        guard let staged = try StagedTargets.read(folder) else { return }
        throw Fault(
            .busy,
            "Version \(staged.version) of the targets waits in \(path)/\(StagedTargets.path) for its "
                + "signatures.",
            advice: "End it with “nacelle-bundle repo sign”, or give it up with "
                + "“repo sign --discard”.")
    }
}
