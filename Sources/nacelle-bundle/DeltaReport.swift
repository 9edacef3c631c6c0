internal import Building
internal import Bundle
internal import Console
internal import Sealing
internal import StrictJSON

/// What delta was made, in words and as an event.
struct DeltaReport {
    private let result: DeltaBuilder.Result
    private let path: String
    private let list: String?
    private let listed: Int?

    /// Makes a report.
    ///
    /// - Parameters:
    ///   - result: the delta.
    ///   - path: its file.
    ///   - full: the full bundle's file.
    ///   - listed: how many deltas the list beside it has now; `nil` where none was written.
    init(_ result: DeltaBuilder.Result, path: String, full: String, listed: Int?) {
        self.result = result
        self.path = path
        list = listed.map { _ in DeltaListFile.path(of: full) }
        self.listed = listed
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
        if let list, let listed {
            console.say("  listed in \(list) with \(listed - 1) others")
        }
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
                ("recipients", .integer(bundle.recipients)),
                ("list", list.map(JSONValue.string)), ("manifest", manifest.json),
            ])
    }
}
