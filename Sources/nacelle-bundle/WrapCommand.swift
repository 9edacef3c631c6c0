internal import ArgumentParser
internal import Building
internal import Console
internal import Faults
internal import StrictJSON

/// The command `nacelle-bundle wrap`.
struct WrapCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "wrap",
        abstract: "Wrap a bundle in the archive of another updater, for servers that want one.",
        discussion: """
            --swu makes a SWUpdate archive (.swu): gooseBit takes no other file. A device takes it \
            as it takes the bundle, from a server or a stick, and verifies the bundle in it; the \
            archive itself is not signed. Its hardware is the bundle's machines of revision \
            “default”, as a device tells a server unless its configuration says otherwise.

            Example:
              nacelle-bundle wrap --swu bearing-1.1.0.nacelle -o bearing-1.1.0.swu
              nacelle-bundle wrap --swu bearing-1.1.0.nacelle -o bearing-1.1.0.swu \\
                --hardware turbine-gateway:2.1
            """)

    @Flag(help: "Make a SWUpdate archive.")
    var swu = false

    @Argument(help: "The bundle.")
    var bundle: String

    @Option(name: [.short, .long], help: ArgumentHelp("The archive's file.", valueName: "file"))
    var output: String

    @Option(
        help: ArgumentHelp(
            "A board and a revision that it is for; may be repeated.",
            valueName: "board:revision"))
    var hardware: [String] = []

    @OptionGroup var speech: SpeechOptions

    func validate() throws {
        guard swu else { throw ValidationError("Say which archive: --swu.") }
        for text in hardware where WrapCommand.hardware(text) == nil {
            throw ValidationError("--hardware takes BOARD:REVISION, not “\(text)”.")
        }
    }

    private static func hardware(_ text: String) -> SWUWrapper.Hardware? {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        return SWUWrapper.Hardware(board: String(parts[0]), revision: String(parts[1]))
    }

    func perform(_ console: Console) throws(Fault) {
        let wrapper = SWUWrapper(hardware: hardware.compactMap(WrapCommand.hardware))
        let length = try wrapper.wrap(bundle, to: output) {
            console.progress("Wrapping", done: $0, total: $1)
        }
        console.say("\(output)  \(ByteCount.text(length)), holds \(bundle)")
        console.event(
            "wrapped",
            [
                ("path", .string(output)), ("bytes", .integer(length)), ("bundle", .string(bundle)),
            ])
    }
}
