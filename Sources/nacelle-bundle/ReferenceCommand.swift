internal import ArgumentParser
internal import Building
internal import Console
internal import Faults
internal import StrictJSON

/// The command `nacelle-bundle reference`.
struct ReferenceCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "reference",
        abstract: "Make a version's reference by a validation run, as a file for a later build.",
        discussion: """
            A build with “reference: {validation: DIR}” makes the reference itself. Where the program \
            cannot run on the machine that builds, such as a version for another processor, this \
            command makes it on one that can, from the tree as it stands there; the build then takes \
            it by “reference: {file: FILE}”. docs/telemetry.md says what a reference is for.

            Examples:
              nacelle-bundle reference bundle.yaml -o reference.json
              nacelle-bundle reference bundle.yaml --tree /srv/app --validation inputs \\
                -o reference.json
            """)

    @Argument(help: "The description.")
    var description: String

    @Option(name: [.short, .long], help: ArgumentHelp("The reference's file.", valueName: "file"))
    var output: String

    @Option(
        help: ArgumentHelp(
            "The version's tree, where it stands already; in place of the description's “tree”.",
            valueName: "dir"))
    var tree: String?

    @Option(
        help: ArgumentHelp(
            "The validation inputs, in place of the description's.", valueName: "dir"))
    var validation: String?

    @OptionGroup var speech: SpeechOptions

    func perform(_ console: Console) throws(Fault) {
        let builder = ReferenceBuilder(try BuildDescription.read(path: description)) {
            console.progress($0, done: $1, total: $2)
        }
        let report = try builder.build(to: output, tree: tree, validation: validation)
        let words = ReferenceWords(report)
        console.say("\(output)  \(words.lines[0])")
        for line in words.lines.dropFirst() { console.say("  \(line)") }
        words.warn(console)
        console.event("reference", [("path", .string(output)), ("reference", words.json)])
    }
}
