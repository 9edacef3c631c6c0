internal import ArgumentParser
internal import Building
internal import Console
internal import Faults
internal import StrictJSON

/// The command `nacelle-bundle seal`.
struct SealCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal",
        abstract: "Add or remove those who can open a sealed bundle, without signing again.",
        discussion: """
            It takes the secret key of somebody who can open it already: keep a recipient of your \
            own, say a group key, for that. Removing somebody revokes nothing, for he may have kept \
            the content key; only a new build keeps a version from him.

            Example:
              nacelle-bundle seal app-1.0.0.nacelle --with escrow.key --add turbine-8.pub
            """)

    @Argument(help: "The bundle.")
    var file: String

    @Option(help: ArgumentHelp("Secret key of a recipient.", valueName: "key"))
    var with: String

    @Option(help: ArgumentHelp("Public key of a new recipient; may be repeated.", valueName: "pub"))
    var add: [String] = []

    @Option(
        help: ArgumentHelp(
            "Id or public key of a recipient to remove; may be repeated.", valueName: "id"))
    var remove: [String] = []

    @OptionGroup var speech: SpeechOptions

    func validate() throws {
        if add.isEmpty, remove.isEmpty {
            throw ValidationError("Name somebody to --add or to --remove.")
        }
    }

    func perform(_ console: Console) throws(Fault) {
        let recipients = try BundleEditor(path: file).seal(with: with, add: add, remove: remove) {
            console.progress("Writing", done: $0, total: $1)
        }
        console.say("\(file)  sealed to " + ByteCount.things(recipients.count, "recipient"))
        for id in recipients { console.say("  \(id)") }
        if !remove.isEmpty {
            console.note("Whoever was removed may have kept the key to this version.")
        }
        console.event(
            "sealed",
            [
                ("path", .string(file)), ("recipients", .array(recipients.map { .string($0) })),
            ])
    }
}
