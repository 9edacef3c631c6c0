internal import ArgumentParser
internal import Console
internal import Glibc
internal import Publishing

/// The keys with which a repository's metadata is signed.
struct RepoKeyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A signing key of the role targets; may be repeated.", valueName: "key"))
    var targetsKey: [String] = []

    @Option(
        help: ArgumentHelp(
            "A signing key of the roles snapshot and timestamp; may be repeated.",
            valueName: "key"))
    var onlineKey: [String] = []

    var keys: PublishingKeys { PublishingKeys(targets: targetsKey, online: onlineKey) }
}

/// How long what is signed stays valid.
struct RepoLifetimeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Days until new targets expire.", valueName: "n"))
    var targetsDays = Lifetimes().targets

    @Option(help: ArgumentHelp("Days until a new snapshot expires.", valueName: "n"))
    var snapshotDays = Lifetimes().snapshot

    @Option(
        name: [.customLong("timestamp-days"), .customLong("days")],
        help: ArgumentHelp("Days until a new timestamp expires.", valueName: "n"))
    var timestampDays = Lifetimes().timestamp

    func validate() throws {
        for days in [targetsDays, snapshotDays, timestampDays] where !(1...36500).contains(days) {
            throw ValidationError("A role's days are 1 to 36500, not \(days).")
        }
    }

    var lifetimes: Lifetimes {
        Lifetimes(targets: targetsDays, snapshot: snapshotDays, timestamp: timestampDays)
    }
}

extension RepositoryPublisher {
    /// A publisher that tells a console how far it is.
    init(_ path: String, _ console: Console, _ lifetimes: Lifetimes = Lifetimes()) {
        self.init(
            path: RepoPath.plain(path), now: Int64(time(nil)), lifetimes: lifetimes,
            progress: { console.progress($0, done: $1, total: $2) },
            warn: { console.warn($0) })
    }
}

/// Folders as people type them.
enum RepoPath {
    /// Without the slashes at the end.
    static func plain(_ path: String) -> String {
        var path = path
        while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        return path
    }
}
