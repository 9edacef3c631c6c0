internal import ArgumentParser
internal import Console
internal import Faults
internal import Publishing
internal import StrictJSON

/// The command `nacelle-bundle repo sign`.
struct RepoSignCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Sign targets that wait for signatures, and publish them once all are there.",
        discussion: """
            “repo add” and “repo remove” leave targets that lack signatures in \
            FOLDER/.staging/targets.json. It can be carried to a machine with a key, signed there by \
            --document, and carried back; what it changes is told before it is published.

            Examples:
              nacelle-bundle repo sign /srv/repo --targets-key eva.key --online-key online.key
              nacelle-bundle repo sign --document /media/stick/targets.json --targets-key eva.key
              nacelle-bundle repo sign /srv/repo --discard
            """)

    @Argument(help: "The repository's folder.")
    var folder: String?

    @Option(help: ArgumentHelp("Sign a document away from its repository.", valueName: "file"))
    var document: String?

    @Flag(help: "Give up what waits.")
    var discard = false

    @OptionGroup var signing: RepoKeyOptions
    @OptionGroup var times: RepoLifetimeOptions
    @OptionGroup var speech: SpeechOptions

    func validate() throws {
        if (folder == nil) == (document == nil) {
            throw ValidationError("Name either the repository's folder or a --document.")
        }
        if document != nil, signing.targetsKey.isEmpty || discard || !signing.onlineKey.isEmpty {
            throw ValidationError("--document takes --targets-key, and nothing else.")
        }
        if discard, !(signing.targetsKey + signing.onlineKey).isEmpty {
            throw ValidationError("--discard takes no key.")
        }
    }

    func perform(_ console: Console) throws(Fault) {
        if let document {
            let count = try RepositoryPublisher.signDocument(
                document, keyFiles: signing.targetsKey)
            console.say("\(document)  " + ByteCount.things(count, "signature"))
            console.event(
                "signed", [("path", .string(document)), ("signatures", .integer(count))])
            return
        }
        let folder = folder ?? "."
        let publisher = RepositoryPublisher(folder, console, times.lifetimes)
        let outcome =
            discard ? try publisher.discardStaged() : try publisher.sign(keys: signing.keys)
        if discard { console.note("These changes were given up:") }
        RepoReport(outcome, path: folder).tell(console)
    }
}
