internal import ArgumentParser
internal import Console
internal import Faults
internal import Publishing

/// The command `nacelle-bundle repo init`.
struct RepoInitCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a repository with nothing in it.",
        discussion: """
            The root is made by “nacelle-bundle root init”, with --snapshot and --timestamp keys of \
            their own. Devices that were shipped with an older root find their way to the newest where \
            every version from theirs on is there: --root-chain.

            Example:
              nacelle-bundle repo init /srv/repo --root root-2.json --root-chain root.json \\
                --targets-key ci.key --online-key online.key
            """)

    @Argument(help: "The repository's folder, which is made.")
    var folder: String

    @Option(help: ArgumentHelp("The newest root of trust, fully signed.", valueName: "file"))
    var root: String

    @Option(help: ArgumentHelp("A root before it; may be repeated.", valueName: "file"))
    var rootChain: [String] = []

    @OptionGroup var signing: RepoKeyOptions
    @OptionGroup var times: RepoLifetimeOptions
    @OptionGroup var speech: SpeechOptions

    func validate() throws {
        if signing.targetsKey.isEmpty || signing.onlineKey.isEmpty {
            throw ValidationError("Name at least one --targets-key and one --online-key.")
        }
    }

    func perform(_ console: Console) throws(Fault) {
        let publisher = RepositoryPublisher(folder, console, times.lifetimes)
        let outcome = try publisher.create(root: root, chain: rootChain, keys: signing.keys)
        RepoReport(outcome, path: folder).tell(console)
    }
}
