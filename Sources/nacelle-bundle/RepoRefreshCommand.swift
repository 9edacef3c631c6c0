internal import ArgumentParser
internal import Console
internal import Faults
internal import Publishing

/// The command `nacelle-bundle repo refresh`.
struct RepoRefreshCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh",
        abstract: "Say anew that the repository is what it is: a new timestamp, for cron.",
        discussion: """
            The snapshot is signed anew too where it will expire soon. The online key is enough; with \
            a targets key the targets are signed anew as well. Two runs at once do no harm, and one \
            that would gain nothing writes nothing.

            Example, in a crontab:
              17 4 * * *  nacelle-bundle repo refresh /srv/repo --online-key /etc/repo/online.key -q
            """)

    @Argument(help: "The repository's folder.")
    var folder: String

    @OptionGroup var signing: RepoKeyOptions

    @Flag(help: "Sign the snapshot anew in any case.")
    var snapshot = false

    @Flag(help: "Delete files that nothing has led to for the time of grace.")
    var prune = false

    @Option(help: ArgumentHelp("The time of grace, in hours.", valueName: "n"))
    var graceHours = RepositoryPublisher.grace

    @OptionGroup var times: RepoLifetimeOptions
    @OptionGroup var speech: SpeechOptions

    func validate() throws {
        if signing.onlineKey.isEmpty {
            throw ValidationError("Name at least one --online-key.")
        }
        guard (0...87_600).contains(graceHours) else {
            throw ValidationError("--grace-hours takes 0 to 87600.")
        }
    }

    func perform(_ console: Console) throws(Fault) {
        let publisher = RepositoryPublisher(folder, console, times.lifetimes)
        let outcome = try publisher.refresh(keys: signing.keys, snapshot: snapshot)
        let hours = graceHours
        let deletion = { () throws(Fault) in try publisher.prune(grace: hours) }
        try RepoReport.tell(console, outcome, path: folder, prune: prune ? deletion : nil)
    }
}
