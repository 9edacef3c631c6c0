internal import ArgumentParser
internal import Building
internal import Console
internal import Faults

/// The command `nacelle-bundle root show`.
struct RootShowCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract:
            "Show a root of trust: roles, keys, thresholds, and whether its signatures suffice.",
        discussion: """
            Example:
              nacelle-bundle root show root.json
            """)

    @Argument(help: "The root's file.")
    var file: String

    @Option(help: ArgumentHelp("The root that it follows.", valueName: "file"))
    var previous: String?

    @OptionGroup var speech: SpeechOptions

    func perform(_ console: Console) throws(Fault) {
        RootReport(try RootCeremony.inspect(file, previous: previous), path: file).tell(console)
    }
}
