internal import ArgumentParser
internal import Console
internal import Faults
internal import Publishing

/// The command `nacelle-bundle repo add`.
struct RepoAddCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add bundles and deltas, all in one publication.",
        discussion: """
            Each is verified whole as it stands in the repository, before readers see anything of it. \
            A delta needs its full bundle there, or in the same command. A bundle that is there \
            already gets what differs: another list of recipients, more signatures. Where the targets \
            need more signatures than there are keys at hand, they wait in FOLDER/.staging for “repo \
            sign”.

            Example:
              nacelle-bundle repo add /srv/repo app-1.1.0.nacelle app-1.1.0-from-1.0.0.nacelle \\
                --targets-key ci.key --online-key online.key --key escrow.key
            """)

    @Argument(help: "The repository's folder.")
    var folder: String

    @Argument(help: "The bundles.")
    var bundles: [String]

    @OptionGroup var signing: RepoKeyOptions

    @Option(help: "Secret key of a recipient, to verify the inside of sealed bundles.")
    var key: String?

    @Flag(help: "Add a release that is older than what is there for the same machines.")
    var allowOlder = false

    @OptionGroup var times: RepoLifetimeOptions
    @OptionGroup var speech: SpeechOptions

    func perform(_ console: Console) throws(Fault) {
        let publisher = RepositoryPublisher(folder, console, times.lifetimes)
        let outcome = try publisher.add(
            bundles, keys: signing.keys, allowsOlder: allowOlder, key: key)
        RepoReport(outcome, path: folder).tell(console)
    }
}
