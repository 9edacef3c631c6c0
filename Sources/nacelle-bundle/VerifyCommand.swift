internal import ArgumentParser
internal import Building
internal import Bundle
internal import Console
internal import Faults
internal import Glibc
internal import Sealing
internal import StrictJSON
internal import Trust

/// The command `nacelle-bundle verify`.
struct VerifyCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a whole bundle as a device would, without unpacking it.",
        discussion: """
            Signatures against the root of trust, then every page, chunk and archive entry, and the \
            tree's digest. A sealed bundle shows its inside to recipients alone: without --key the \
            command says what it could not check. A delta is checked whole with the full bundle of \
            the version that it builds on (--base), which is unpacked beside it meanwhile.

            Examples:
              nacelle-bundle verify app-1.0.0.nacelle --root root.json --key turbine-7.key
              nacelle-bundle verify app-1.1.0-from-1.0.0.nacelle --root root.json \\
                --key turbine-7.key --base app-1.0.0.nacelle
            """)

    @Argument(help: "The bundle.")
    var file: String

    @Option(help: ArgumentHelp("The root of trust.", valueName: "file"))
    var root: String

    @Option(help: "Secret key of a recipient.")
    var key: String?

    @Option(help: ArgumentHelp("The full bundle that a delta builds on.", valueName: "file"))
    var base: String?

    @OptionGroup var speech: SpeechOptions

    func perform(_ console: Console) throws(Fault) {
        let verifier = try BundleVerifier(path: file, root: root) {
            console.progress($0, done: $1, total: $2)
        }
        let report = try verifier.verify(key: key, base: base)
        if report.rootExpires <= Int64(time(nil)) {
            console.warn("the root of trust expired at \(UTCTime.text(report.rootExpires))")
        }
        let manifest = report.manifest
        console.say("\(file)  \(manifest.application) \(manifest.version) is good")
        for line in report.checked { console.say("  checked      \(line)") }
        for line in report.unchecked { console.say("  NOT CHECKED  \(line)") }
        console.event(
            "verified",
            [
                ("path", .string(file)), ("complete", .bool(report.unchecked.isEmpty)),
                ("manifestDigest", .string(report.manifestDigest.hex)),
                ("treeDigest", .string(manifest.tree.digest.hex)),
                ("signers", .array(report.signers.map { .string($0.hex) })),
                ("checked", .array(report.checked.map { .string($0) })),
                ("unchecked", .array(report.unchecked.map { .string($0) })),
            ])
    }
}
