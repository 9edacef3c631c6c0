internal import ArgumentParser
internal import Building
internal import Console
internal import Faults

/// The command `nacelle-bundle inspect`.
struct InspectCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what a bundle says of itself.",
        discussion: """
            Without --root nothing is verified: anybody may have written what is shown. “verify” \
            checks the content too.

            Example:
              nacelle-bundle inspect app-1.0.0.nacelle --root root.json
            """)

    @Argument(help: "The bundle.")
    var file: String

    @Option(
        help: ArgumentHelp("The root of trust to verify the envelope against.", valueName: "file"))
    var root: String?

    @Option(help: "Secret key of a recipient, to look into a sealed index.")
    var key: String?

    @OptionGroup var speech: SpeechOptions

    func perform(_ console: Console) throws(Fault) {
        SurveyReport(try BundleSurvey.read(path: file, root: root, key: key)).tell(console)
    }
}
