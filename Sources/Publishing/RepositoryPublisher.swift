// Publishing: keeps a static TUF repository of bundles: puts bundles in, takes them out, writes its
// metadata. On the CI side alone; what devices read of it is in Repository.

public import Faults
internal import Repository
internal import Transport
internal import Trust

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
    let warn: (_ text: String) -> Void
    let checkpoint: (_ path: String) throws(Fault) -> Void

    /// Names a repository; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - path: its folder.
    ///   - now: the time, in seconds since 1970.
    ///   - lifetimes: how long what is signed stays valid.
    ///   - progress: told of phases and of the bytes done in them.
    ///   - warn: told of what was found and mended before the operation itself began.
    ///   - checkpoint: called before each durable change with what changes; what it throws ends the
    ///     operation there, as a crash would.
    public init(
        path: String, now: Int64, lifetimes: Lifetimes = Lifetimes(),
        progress: @escaping (_ phase: String, _ done: Int64, _ total: Int64) -> Void = { _, _, _ in
        },
        warn: @escaping (_ text: String) -> Void = { _ in },
        checkpoint: @escaping (_ path: String) throws(Fault) -> Void = { _ throws(Fault) in }
    ) {
        self.path = path
        self.now = now
        self.lifetimes = lifetimes
        self.progress = progress
        self.warn = warn
        self.checkpoint = checkpoint
    }

    /// Opens the folder with its lock, and ends an interrupted publication.
    func open(_ command: String) throws(Fault) -> RepositoryFolder {
        try checkClock()
        let folder = try RepositoryFolder.open(path, for: command, checkpoint: checkpoint)
        try recover(folder)
        // A crash may have come between the publication of staged targets and their removal. What
        // cannot be read is said by those commands that need it.
        if let staged = (try? StagedTargets.read(folder)) ?? nil,
            try MetadataNames.versions(of: "targets", in: path).last ?? 0 >= staged.version
        {
            try folder.remove(StagedTargets.path)
        }
        return folder
    }

    /// Refuses a clock that cannot be right: what it dates would have expired for everybody.
    func checkClock() throws(Fault) {
        guard now < NacelleVersion.released else { return }
        throw Fault(
            .clock,
            "This machine's clock says \(UTCTime.text(now)); this program was released at "
                + "\(UTCTime.text(NacelleVersion.released)).",
            advice: "Set the clock, and repeat the command.")
    }

    /// Ends an interrupted publication; one that cannot be read is set aside where nothing of it is
    /// needed.
    ///
    /// - Returns: whether one was ended.
    @discardableResult
    func recover(_ folder: borrowing RepositoryFolder) throws(Fault) -> Bool {
        let files: [PublicationJournal.File]
        do throws(Fault) {
            guard let found = try PublicationJournal.read(FolderTree(path: path)) else {
                return false
            }
            files = found
        } catch {
            let journal = "\(path)/\(PublicationJournal.path)"
            do throws(Fault) {
                // Without a timestamp nobody has seen anything of it yet.
                if try folder.info(RepositoryLayout.mark) != nil { _ = try PresentState.read(path) }
            } catch let other {
                throw Fault(
                    error.code,
                    "\(journal), the rest of an interrupted publication, cannot be read: "
                        + "\(error.message) It may be needed, for without it: \(other.message)",
                    advice:
                        "Bring back the repository's metadata from a copy, remove the file, and "
                        + "repeat the command.", cause: error.cause)
            }
            let aside = try folder.setAside(PublicationJournal.path)
            warn(
                "\(journal), the rest of an interrupted publication, cannot be read "
                    + "(\(error.message)); readers need nothing of it, and it was set aside as "
                    + "\(aside). Repeat the command that was interrupted.")
            return false
        }
        try PublicationJournal.finish(files, in: folder)
        return true
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
