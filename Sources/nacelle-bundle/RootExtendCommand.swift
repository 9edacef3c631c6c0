internal import ArgumentParser
internal import Building
internal import Console
internal import Faults

/// The command `nacelle-bundle root extend`.
struct RootExtendCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "extend",
        abstract: "Make the version that follows a root: other keys, thresholds, a later expiry.",
        discussion: """
            The new version must be signed by enough root keys of the old one and of itself; keys \
            that are not at hand sign later with “root sign --previous OLD”.

            Example, a new CI key in the old one's place:
              nacelle-bundle root extend root.json -o root-2.json --days 365 \\
                --add targets=ci-2.pub --remove targets=ci.pub --sign ann.key --sign ben.key
            """)

    @Argument(help: "The newest root, fully signed.")
    var file: String

    @Option(help: ArgumentHelp("A public key to add to a role.", valueName: "role=file"))
    var add: [RoleValue] = []

    @Option(
        help: ArgumentHelp(
            "A key to take from a role, by its file or the first digits of its id.",
            valueName: "role=key"))
    var remove: [RoleValue] = []

    @Option(help: ArgumentHelp("How many keys must sign.", valueName: "role=n"))
    var threshold: [RoleCount] = []

    @OptionGroup var expiry: ExpiryOptions

    @Option(help: ArgumentHelp("A signing key that is at hand; may be repeated.", valueName: "key"))
    var sign: [String] = []

    @Option(name: [.short, .long], help: ArgumentHelp("The file to write.", valueName: "file"))
    var output: String

    @OptionGroup var speech: SpeechOptions

    func perform(_ console: Console) throws(Fault) {
        var changes = RootCeremony.Changes(expires: expiry.seconds)
        changes.additions = add.map { ($0.role, $0.value) }
        changes.removals = remove.map { ($0.role, $0.value) }
        changes.thresholds = threshold.map { ($0.role, $0.count) }
        let state = try RootCeremony.extend(file, changes, keyFiles: sign, output: output)
        RootReport(state, path: output).tell(console)
    }
}
