internal import ArgumentParser
internal import Console
internal import Faults
internal import Publishing

/// The command `nacelle-bundle repo rotate`.
struct RepoRotateCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Add the next root, and sign anew what its keys do not cover.",
        discussion: """
            The root is made by “nacelle-bundle root extend”. With the old keys and the new ones, what \
            is signed anew holds under both roots, and no reader is refused at any moment. A new \
            targets key must have signed the bundles too: “nacelle-bundle sign”, and “repo add” \
            again, before the rotation.

            Example, another online key:
              nacelle-bundle repo rotate /srv/repo root-2.json \\
                --online-key online.key --online-key online-2.key
            """)

    @Argument(help: "The repository's folder.")
    var folder: String

    @Argument(help: "The next root, fully signed; or several, in the order of their versions.")
    var roots: [String]

    @OptionGroup var signing: RepoKeyOptions

    @Flag(help: "Let bundles go that the new targets keys have not signed.")
    var dropBundles = false

    @Flag(
        help: "Where an old key is lost: readers may be refused for the moment of the change.")
    var allowGap = false

    @OptionGroup var times: RepoLifetimeOptions
    @OptionGroup var speech: SpeechOptions

    func perform(_ console: Console) throws(Fault) {
        var leave = RepositoryPublisher.RotationLeave()
        leave.dropsBundles = dropBundles
        leave.allowsGap = allowGap
        let publisher = RepositoryPublisher(folder, console, times.lifetimes)
        let outcome = try publisher.rotate(to: roots, keys: signing.keys, leave: leave)
        RepoReport(outcome, path: folder).tell(console)
    }
}
