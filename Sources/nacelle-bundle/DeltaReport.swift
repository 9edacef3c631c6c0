internal import Building
internal import Bundle
internal import Console
internal import Sealing
internal import StrictJSON

/// What delta was made, in words and as an event.
struct DeltaReport {
    private let result: DeltaBuilder.Result
    private let path: String

    init(_ result: DeltaBuilder.Result, path: String) {
        self.result = result
        self.path = path
    }

    func tell(_ console: Console) {
        let bundle = result.bundle
        let manifest = bundle.manifest
        console.say(
            "\(path)  \(manifest.application) \(result.base.baseVersion) to \(manifest.version), "
                + "release \(manifest.releaseCounter)")
        console.say(
            "  \(ByteCount.text(bundle.fileLength)), "
                + ByteCount.percent(bundle.fileLength, of: result.fullLength)
                + " of the full bundle's \(ByteCount.text(result.fullLength))")
        console.say("  builds on tree \(result.base.baseTree.hex)")
        console.say("  gives tree     \(manifest.tree.digest.hex)")
        console.say(
            manifest.commitment == nil
                ? "  not sealed" : "  sealed to " + ByteCount.things(bundle.recipients, "recipient")
        )
        console.say("  " + ByteCount.things(bundle.signatures, "signature"))
        if bundle.signatures == 0 {
            console.note("No device takes it before it is signed: nacelle-bundle sign \(path)")
        }
        console.event(
            "delta",
            [
                ("path", .string(path)), ("length", .integer(bundle.fileLength)),
                ("fullLength", .integer(result.fullLength)),
                ("manifestDigest", .string(bundle.manifestDigest.hex)),
                ("signatures", .integer(bundle.signatures)),
                ("recipients", .integer(bundle.recipients)), ("manifest", manifest.json),
            ])
    }
}
