internal import ArgumentParser
internal import Building
internal import Bundle
internal import Console
internal import Faults
internal import Sealing
internal import StrictJSON

/// The command `nacelle-bundle delta`.
struct DeltaCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "delta",
        abstract: "Make the delta from one version's bundle to the next one's.",
        discussion: """
            A delta is a signed bundle like any other, for devices that run OLD; installed it gives \
            the same tree as NEW, which must be published as well. Both bundles are verified and \
            unpacked beside the output first, which takes as much space as their trees. Devices find \
            a delta by the signed list beside NEW (NEW.deltas), which is made or extended.

            Example:
              nacelle-bundle delta app-1.0.0.nacelle app-1.1.0.nacelle \\
                -o app-1.1.0-from-1.0.0.nacelle --root root.json --sign release.key \\
                --key escrow.key --recipient escrow.pub --recipient turbine-7.pub
            """)

    @Argument(help: "The full bundle of the version that devices run.")
    var old: String

    @Argument(help: "The full bundle of the version that they shall run.")
    var new: String

    @Option(name: [.short, .long], help: ArgumentHelp("The delta's file.", valueName: "file"))
    var output: String

    @Option(help: ArgumentHelp("The root of trust that both are signed under.", valueName: "file"))
    var root: String

    @Option(help: "Secret key of a recipient of both, where they are sealed.")
    var key: String?

    @Option(
        name: [.customLong("sign"), .customLong("signing-key")],
        help: ArgumentHelp(
            "A signing key; may be repeated. Others can sign later.", valueName: "key"))
    var sign: [String] = []

    @Option(
        help: ArgumentHelp(
            "Public key of a device or group that can open a sealed delta; may be repeated.",
            valueName: "pub"))
    var recipient: [String] = []

    @Option(
        help: ArgumentHelp("zstd's level, 1 (quick) to 22 (small).", valueName: "n"))
    var level = BuildOptions.standardLevel

    @Option(
        help: ArgumentHelp(
            "Threads that work; by default one a processor. The result is the same.",
            valueName: "n"))
    var workers: Int?

    @Flag(
        inversion: .prefixedNo,
        help: ArgumentHelp(
            "Write the delta into the signed list beside NEW, NEW.deltas; by default where "
                + "it is signed and stands beside NEW."))
    var list: Bool?

    @OptionGroup var speech: SpeechOptions

    func validate() throws {
        if list == true, sign.isEmpty {
            throw ValidationError("--list needs --sign: a list is of use only when it is signed.")
        }
        guard BuildOptions.levels.contains(level) else {
            throw ValidationError("--level takes 1 to 22.")
        }
        if let workers, !(1...256).contains(workers) {
            throw ValidationError("--workers takes 1 to 256.")
        }
    }

    func perform(_ console: Console) throws(Fault) {
        var options = DeltaOptions(root: root)
        options.key = key
        options.signingKeys = sign
        for path in recipient { options.recipients.append(try KeyReading.recipient(path)) }
        options.level = level
        if let workers { options.workers = workers }
        let isBeside = try DeltaListFile.areSideBySide(output, new)
        let lists = list ?? (isBeside && !sign.isEmpty)
        if lists, !isBeside {
            throw Fault(
                .source, "\(output) does not stand beside \(new), where its list would be.",
                advice: "Write the delta there, or leave --list out.")
        }
        let builder = DeltaBuilder(options: options) { console.progress($0, done: $1, total: $2) }
        let result = try builder.build(from: old, to: new, at: output)
        var count: Int?
        if lists {
            count = try DeltaListFile.put(
                result, file: output, beside: new, root: root, signingKeys: sign)
        }
        DeltaReport(result, path: output, full: new, listed: count).tell(console)
    }
}
