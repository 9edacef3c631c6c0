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
            --document, and carried back. --document alone shows what would be signed: version, \
            expiry, and bundles. With --root, a key that is none of the root's for targets is \
            refused.

            Examples:
              nacelle-bundle repo sign /srv/repo --targets-key eva.key --online-key online.key
              nacelle-bundle repo sign --document /media/stick/targets.json
              nacelle-bundle repo sign --document /media/stick/targets.json --root root.json \\
                --targets-key eva.key
              nacelle-bundle repo sign /srv/repo --discard
            """)

    @Argument(help: "The repository's folder.")
    var folder: String?

    @Option(help: ArgumentHelp("Sign a document away from its repository.", valueName: "file"))
    var document: String?

    @Option(
        help: ArgumentHelp(
            "The repository's newest root, by which --document's keys are judged.",
            valueName: "file"))
    var root: String?

    @Flag(help: "Give up what waits.")
    var discard = false

    @OptionGroup var signing: RepoKeyOptions
    @OptionGroup var times: RepoLifetimeOptions
    @OptionGroup var speech: SpeechOptions

    func validate() throws {
        if (folder == nil) == (document == nil) {
            throw ValidationError("Name either the repository's folder or a --document.")
        }
        if document != nil, discard || !signing.onlineKey.isEmpty {
            throw ValidationError("--document takes --targets-key and --root, and nothing else.")
        }
        if root != nil, document == nil {
            throw ValidationError("--root goes with --document.")
        }
        if discard, !(signing.targetsKey + signing.onlineKey).isEmpty {
            throw ValidationError("--discard takes no key.")
        }
    }

    func perform(_ console: Console) throws(Fault) {
        if let document {
            try sign(document, console)
            return
        }
        let folder = folder ?? "."
        let publisher = RepositoryPublisher(folder, console, times.lifetimes)
        let outcome =
            discard ? try publisher.discardStaged() : try publisher.sign(keys: signing.keys)
        if discard { console.note("These changes were given up:") }
        RepoReport(outcome, path: folder).tell(console)
    }

    private func sign(_ path: String, _ console: Console) throws(Fault) {
        let document = try StagedDocument(path, root: root)
        show(document, path, console)
        guard !signing.targetsKey.isEmpty else { return }
        if !document.isJudged {
            console.warn("Whether the keys are the repository's is not checked without --root.")
        }
        let count = try document.sign(keyFiles: signing.targetsKey)
        console.say("\(path)  " + ByteCount.things(count, "signature"))
        console.event("signed", [("path", .string(path)), ("signatures", .integer(count))])
    }

    /// Tells what is about to be signed.
    private func show(_ document: StagedDocument, _ path: String, _ console: Console) {
        console.say(
            "\(path)  targets version \(document.version), until \(document.expires), "
                + ByteCount.things(document.bundles.count, "bundle")
                + (document.others.isEmpty
                    ? "" : ", " + ByteCount.things(document.others.count, "other target")))
        console.event(
            "document",
            [
                ("path", .string(path)), ("version", .integer(document.version)),
                ("expires", .string(document.expires)),
                ("bundles", .integer(document.bundles.count)),
                ("others", .integer(document.others.count)),
            ])
        if let changes = document.changes {
            for change in changes { RepoReport.tell(change, console) }
        } else {
            for (path, bundle) in document.bundles {
                console.say("holds  \(RepoReport.name(bundle))")
                console.event("holds", [("path", .string(path))] + RepoReport.members(bundle))
            }
        }
        for other in document.others { console.say("holds  \(other)") }
    }
}
