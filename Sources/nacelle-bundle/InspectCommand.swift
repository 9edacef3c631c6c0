internal import ArgumentParser
internal import Building
internal import Bundle
internal import Console
internal import Faults
internal import Sealing
internal import StrictJSON

/// The command `nacelle-bundle inspect`.
struct InspectCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what a bundle says of itself.",
        discussion: """
            Without --root nothing is verified: anybody may have written what is shown. “verify” \
            checks the content too.

            With --provenance and -o, one of the documents that travel in the bundle is written to a \
            file, after the root of trust has vouched for its digest. docs/provenance.md says how to \
            go on from there.

            Examples:
              nacelle-bundle inspect app-1.0.0.nacelle --root root.json
              nacelle-bundle inspect app-1.0.0.nacelle --root root.json \\
                --provenance app.spdx.json -o app.spdx.json
            """)

    @Argument(help: "The bundle.")
    var file: String

    @Option(
        help: ArgumentHelp("The root of trust to verify the envelope against.", valueName: "file"))
    var root: String?

    @Option(help: "Secret key of a recipient, to look into a sealed index.")
    var key: String?

    @Option(
        help: ArgumentHelp(
            "Take this document out, by its name in the list; needs --root and -o.",
            valueName: "name"))
    var provenance: String?

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("The file for the document.", valueName: "file"))
    var output: String?

    @OptionGroup var speech: SpeechOptions

    func validate() throws {
        if (provenance == nil) != (output == nil) {
            throw ValidationError("--provenance and -o go together.")
        }
        if provenance != nil, root == nil {
            throw ValidationError(
                "--provenance needs --root: a document that nobody vouches for proves nothing.")
        }
    }

    func perform(_ console: Console) throws(Fault) {
        if let provenance, let root, let output {
            return try take(provenance, root: root, to: output, console)
        }
        SurveyReport(try BundleSurvey.read(path: file, root: root, key: key)).tell(console)
    }

    private func take(
        _ name: String, root: String, to output: String, _ console: Console
    ) throws(Fault) {
        let document = try DocumentExtractor(path: file, root: root).write(
            name, to: output, key: key
        ) { console.progress("Reading", done: $0, total: $1) }
        console.say("\(output)  \(document.name): \(document.summary)")
        console.say("  sha256 \(document.digest.hex), as the signed manifest says")
        console.event("document", [("path", .string(output)), ("document", document.json)])
    }
}
