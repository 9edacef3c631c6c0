internal import ArgumentParser
internal import Building
internal import Bundle
internal import Console
internal import Faults
internal import StrictJSON

/// The command `nacelle-bundle sign`.
struct SignCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Add signatures to a bundle, for thresholds and offline keys.",
        discussion: """
            What is signed is the manifest, which holds the digests of all else; look at it first with \
            “nacelle-bundle inspect”. The bundle is replaced in one step.

            Example:
              nacelle-bundle sign app-1.0.0.nacelle --key eva.key
            """)

    @Argument(help: "The bundle.")
    var file: String

    @Option(help: "A signing key; may be repeated.")
    var key: [String]

    @OptionGroup var speech: SpeechOptions

    func perform(_ console: Console) throws(Fault) {
        let editor = try BundleEditor(path: file)
        let count = try editor.sign(keyFiles: key) {
            console.progress("Writing", done: $0, total: $1)
        }
        let manifest = editor.manifest
        console.say(
            "\(file)  \(manifest.application) \(manifest.version), release "
                + "\(manifest.releaseCounter): " + ByteCount.things(count, "signature"))
        console.event(
            "signed", [("path", .string(file)), ("signatures", .integer(count))])
    }
}
