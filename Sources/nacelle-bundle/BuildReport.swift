internal import Building
internal import Bundle
internal import Console
internal import Sealing
internal import StrictJSON

/// What was built, in words and as an event.
struct BuildReport {
    private let result: BundleBuilder.Result
    private let path: String

    init(_ result: BundleBuilder.Result, path: String) {
        self.result = result
        self.path = path
    }

    func tell(_ console: Console) {
        let manifest = result.manifest
        let share = ByteCount.percent(result.fileLength, of: manifest.tree.bytes)
        console.say(
            "\(path)  \(manifest.application) \(manifest.version), release \(manifest.releaseCounter)"
        )
        console.say(
            "  \(ByteCount.text(result.fileLength)), \(share) of the tree's "
                + "\(ByteCount.text(manifest.tree.bytes)) in "
                + "\(manifest.tree.entries) entries")
        console.say("  tree \(manifest.tree.digest.hex)")
        console.say(
            manifest.commitment == nil
                ? "  not sealed" : "  sealed to " + ByteCount.things(result.recipients, "recipient")
        )
        console.say("  " + ByteCount.things(result.signatures, "signature"))
        let reference = result.reference.map(ReferenceWords.init)
        if let reference { console.say("  reference: " + reference.lines[0]) }
        for document in (try? manifest.documents()) ?? [] {
            console.say("  \(document.name): \(document.summary), \(document.whereabouts)")
        }
        for match in result.subjects {
            console.say(
                "  \(match.document): \(match.files) of "
                    + ByteCount.things(match.subjects, "subject") + " in the tree")
        }
        reference?.warn(console)
        if result.signatures == 0 {
            console.note("No device takes it before it is signed: nacelle-bundle sign \(path)")
        }
        console.event(
            "built",
            [
                ("path", .string(path)), ("length", .integer(result.fileLength)),
                ("manifestDigest", .string(result.manifestDigest.hex)),
                ("signatures", .integer(result.signatures)),
                ("recipients", .integer(result.recipients)), ("subjects", subjects),
                ("reference", reference?.json),
                ("manifest", manifest.json),
            ])
    }

    private var subjects: JSONValue? {
        guard !result.subjects.isEmpty else { return nil }
        return .array(
            result.subjects.map {
                .members([
                    ("document", .string($0.document)), ("subjects", .integer($0.subjects)),
                    ("inTree", .integer($0.files)),
                ])
            })
    }
}
