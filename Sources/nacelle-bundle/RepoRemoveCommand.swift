internal import ArgumentParser
internal import Console
internal import Faults
internal import Publishing

/// The command `nacelle-bundle repo remove`.
struct RepoRemoveCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Take bundles out of the repository, and delete what nothing leads to any more.",
        discussion: """
            A full bundle takes its deltas with it. The files stay for readers in the middle of a \
            download; --prune deletes those that nothing has led to for --grace-hours.

            Examples:
              nacelle-bundle repo remove /srv/repo --version 1.0.0 \\
                --targets-key ci.key --online-key online.key
              nacelle-bundle repo remove /srv/repo --prune
            """)

    @Argument(help: "The repository's folder.")
    var folder: String

    @Option(help: ArgumentHelp("The bundle's id, at least 8 digits.", valueName: "id"))
    var bundle: String?

    @Option(help: ArgumentHelp("All bundles of a version.", valueName: "version"))
    var version: String?

    @Option(help: ArgumentHelp("Of this application alone.", valueName: "name"))
    var application: String?

    @Option(
        help: ArgumentHelp(
            "The target of this path, also where it cannot be told what it is.", valueName: "path"))
    var target: String?

    @Flag(help: "Delete files that nothing has led to for the time of grace.")
    var prune = false

    @Option(help: ArgumentHelp("The time of grace, in hours.", valueName: "n"))
    var graceHours = RepositoryPublisher.grace

    @OptionGroup var signing: RepoKeyOptions
    @OptionGroup var times: RepoLifetimeOptions
    @OptionGroup var speech: SpeechOptions

    func validate() throws {
        let named = [bundle, version, target].compactMap { $0 }.count
        if named > 1 {
            throw ValidationError("--bundle, --version and --target exclude each other.")
        }
        if application != nil, version == nil {
            throw ValidationError("--application goes with --version.")
        }
        if named == 0, !prune {
            throw ValidationError(
                "Name what is to go by --bundle, --version or --target, or use --prune.")
        }
        guard (0...87_600).contains(graceHours) else {
            throw ValidationError("--grace-hours takes 0 to 87600.")
        }
    }

    func perform(_ console: Console) throws(Fault) {
        let publisher = RepositoryPublisher(folder, console, times.lifetimes)
        let hours = graceHours
        let deletion = { () throws(Fault) in try publisher.prune(grace: hours) }
        guard let selection else {
            return RepoReport(try deletion(), path: folder).tell(console)
        }
        let outcome = try publisher.remove(selection, keys: signing.keys)
        try RepoReport.tell(console, outcome, path: folder, prune: prune ? deletion : nil)
    }

    private var selection: RepositoryPublisher.Selection? {
        if let bundle { return .bundle(bundle.lowercased()) }
        if let target { return .target(target) }
        return version.map { .version($0, application: application) }
    }
}
