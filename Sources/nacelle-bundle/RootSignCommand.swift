internal import ArgumentParser
internal import Building
internal import Console
internal import Faults

/// The command `nacelle-bundle root sign`.
struct RootSignCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Add signatures to a root of trust that others have begun.",
        discussion: """
            The file alone travels, on a stick say, from signer to signer. A version that follows \
            another needs the old root's signatures too; --previous lets the command say whether \
            all are there.

            Example:
              nacelle-bundle root sign root-2.json --key ben.key --previous root.json
            """)

    @Argument(help: "The root's file, which is replaced.")
    var file: String

    @Option(help: "A signing key; may be repeated.")
    var key: [String]

    @Option(help: ArgumentHelp("The root that it follows.", valueName: "file"))
    var previous: String?

    @OptionGroup var speech: SpeechOptions

    func perform(_ console: Console) throws(Fault) {
        let state = try RootCeremony.sign(file, keyFiles: key, previous: previous)
        RootReport(state, path: file).tell(console)
    }
}
