internal import ArgumentParser
internal import Building
internal import Console
internal import Faults
internal import Trust

/// The command `nacelle-bundle root init`.
struct RootInitCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make the first version of a root of trust.",
        discussion: """
            The “root” keys may replace the root, the “targets” keys sign bundles. Timestamp and \
            snapshot keys matter only where a TUF repository is served; without them the targets \
            keys stand in. Keys that are not at hand sign later with “root sign”.

            Example, two of three people for the root, one CI key for bundles:
              nacelle-bundle root init -o root.json --days 365 \\
                --root ann.pub --root ben.pub --root eva.pub --threshold root=2 \\
                --targets ci.pub --sign ann.key
              nacelle-bundle root sign root.json --key ben.key
            """)

    @Option(
        help: ArgumentHelp("A public key for the root role; may be repeated.", valueName: "pub"))
    var root: [String] = []

    @Option(
        help: ArgumentHelp("A public key that signs bundles; may be repeated.", valueName: "pub"))
    var targets: [String] = []

    @Option(
        help: ArgumentHelp(
            "A public key for the timestamp role; may be repeated.", valueName: "pub"))
    var timestamp: [String] = []

    @Option(
        help: ArgumentHelp("A public key for the snapshot role; may be repeated.", valueName: "pub")
    )
    var snapshot: [String] = []

    @Option(help: ArgumentHelp("How many keys must sign, by default 1.", valueName: "role=n"))
    var threshold: [RoleCount] = []

    @OptionGroup var expiry: ExpiryOptions

    @Option(help: ArgumentHelp("A signing key that is at hand; may be repeated.", valueName: "key"))
    var sign: [String] = []

    @Option(name: [.short, .long], help: ArgumentHelp("The file to write.", valueName: "file"))
    var output: String

    @OptionGroup var speech: SpeechOptions

    func validate() throws {
        if root.isEmpty || targets.isEmpty {
            throw ValidationError("Name at least one --root and one --targets key.")
        }
    }

    func perform(_ console: Console) throws(Fault) {
        var changes = RootCeremony.Changes(expires: expiry.seconds)
        let keys: [(TrustRole, [String])] = [
            (.root, root), (.targets, targets), (.timestamp, timestamp), (.snapshot, snapshot),
        ]
        for (role, paths) in keys { changes.additions += paths.map { (role, $0) } }
        changes.thresholds = threshold.map { ($0.role, $0.count) }
        let state = try RootCeremony.begin(changes, keyFiles: sign, output: output)
        RootReport(state, path: output).tell(console)
    }
}
