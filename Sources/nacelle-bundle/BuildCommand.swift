internal import ArgumentParser
internal import Building
internal import Console
internal import Faults
internal import Sealing

/// The command `nacelle-bundle build`.
struct BuildCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Build a bundle from a description and the files that it names.",
        discussion: """
            docs/bundle-yaml.md explains every key of the description. By default what lies under \
            weights/ is sealed to the recipients; --no-seal builds without a seal, and then the same \
            input gives the same file, byte for byte.

            Example:
              nacelle-bundle build bundle.yaml -o app-1.0.0.nacelle \\
                --sign release.key --recipient turbine-7.pub
            """)

    @Argument(help: "The description.")
    var description: String

    @Option(name: [.short, .long], help: ArgumentHelp("The bundle's file.", valueName: "file"))
    var output: String

    @Option(
        help: ArgumentHelp(
            "A signing key; may be repeated. Others can sign later.", valueName: "key"))
    var sign: [String] = []

    @Option(
        help: ArgumentHelp(
            "Public key of a device or group that can open the seal; may be repeated.",
            valueName: "pub"))
    var recipient: [String] = []

    @Option(
        help: ArgumentHelp(
            "zstd's level, 1 (quick) to 22 (small), in place of the description's.", valueName: "n")
    )
    var level: Int?

    @Flag(help: "Build without a seal: everybody can read the weights.")
    var noSeal = false

    @OptionGroup var speech: SpeechOptions

    func validate() throws {
        if noSeal, !recipient.isEmpty {
            throw ValidationError("--no-seal and --recipient exclude each other.")
        }
        if let level, !BuildOptions.levels.contains(level) {
            throw ValidationError("--level takes 1 to 22.")
        }
    }

    func perform(_ console: Console) throws(Fault) {
        var options = BuildOptions()
        options.signingKeys = sign
        for path in recipient { options.recipients.append(try KeyReading.recipient(path)) }
        options.isSealed = !noSeal
        options.level = level
        let builder = BundleBuilder(try BuildDescription.read(path: description), options: options)
        {
            console.progress($0, done: $1, total: $2)
        }
        BuildReport(try builder.build(to: output), path: output).tell(console)
    }
}
