internal import Building
internal import Bundle
internal import Console
internal import Faults
internal import Sealing
internal import StrictJSON

/// A bundle in words, and as an event.
struct SurveyReport {
    private let survey: BundleSurvey

    init(_ survey: BundleSurvey) { self.survey = survey }

    func tell(_ console: Console) {
        for line in lines { console.say(line) }
        console.event("bundle", members)
    }

    private var lines: [String] {
        let manifest = survey.manifest
        let trust =
            survey.verifiedSigners.map {
                "verified: \(ByteCount.things($0.count, "signature")) accepted by the root of trust"
            } ?? "NOT VERIFIED: anybody may have written this (give --root to check)"
        var lines = [survey.path, "  \(trust)"]
        func line(_ name: String, _ text: String) {
            let padding = String(repeating: " ", count: max(0, 13 - name.count))
            lines.append("  \(name)\(padding) \(text)")
        }
        line("application", "\(manifest.application) \(manifest.version)")
        line("release", "\(manifest.releaseCounter)")
        if let delta = manifest.delta {
            line("delta", "from \(delta.baseVersion), tree \(delta.baseTree.hex)")
            line("stands for", "the full bundle \(Hex.encode(delta.full))")
        }
        if !manifest.summary.isEmpty { line("summary", manifest.summary) }
        line("compatible", manifest.compatible.joined(separator: ", "))
        line("requires", requirements)
        line(
            "tree",
            "\(ByteCount.text(manifest.tree.bytes)) in \(manifest.tree.entries) entries, "
                + "\(ByteCount.text(manifest.tree.diskBytes)) on disk")
        line("tree digest", manifest.tree.digest.hex)
        line("manifest", survey.manifestDigest.hex)
        line("file", sections)
        line("signed by", list(survey.claimedSigners.map { $0.isEmpty ? "a key without id" : $0 }))
        line(
            "sealed to",
            manifest.commitment == nil ? "nobody: not sealed" : list(survey.recipients))
        for text in chunks { line("chunks", text) }
        line("smoke", smoke)
        line("probation", "\(manifest.probation.duration / 1000) s")
        for text in reference { line("reference", text) }
        for text in provenance { line("provenance", text) }
        return lines
    }

    private func list(_ names: [String]) -> String {
        names.isEmpty ? "nobody" : names.joined(separator: "\n" + String(repeating: " ", count: 16))
    }

    private var requirements: String {
        let requires = survey.manifest.requirements
        var parts: [String] = []
        if let architecture = requires.architecture { parts.append(architecture) }
        parts += requires.processorFeatures
        if requires.memory > 0 { parts.append("\(ByteCount.text(requires.memory)) of memory") }
        if let accelerator = requires.accelerator { parts.append(accelerator) }
        parts.append("agent \(requires.agent) or later")
        return parts.joined(separator: ", ")
    }

    private var sections: String {
        let preamble = survey.preamble
        let share = ByteCount.percent(preamble.fileLength, of: survey.manifest.tree.bytes)
        return "\(ByteCount.text(preamble.fileLength)), \(share) of the tree: envelope "
            + "\(preamble.envelope), recipients \(preamble.recipients), index \(preamble.index), pack "
            + "\(preamble.pack) bytes"
    }

    private var chunks: [String] {
        guard let chunks = survey.chunks else {
            return ["\(survey.manifest.index.chunks); the index is sealed (give --key to look in)"]
        }
        return ChunkCodec.allCases.compactMap { codec in
            guard let group = chunks.groups[codec] else { return nil }
            guard codec.isStored else {
                return
                    "\(group.chunks) \(codec): \(ByteCount.text(group.plainBytes)), stored as nothing"
            }
            return "\(group.chunks) \(codec): \(ByteCount.text(group.plainBytes)), stored as "
                + "\(group.stored) of \(ByteCount.text(group.storedBytes)), "
                + ByteCount.percent(group.storedBytes, of: group.plainBytes)
        } + (chunks.sealed > 0 ? ["\(chunks.sealed) sealed"] : [])
    }

    private var reference: [String] {
        guard let value = survey.manifest.reference else { return [] }
        do throws(Fault) {
            let indent = "\n" + String(repeating: " ", count: 16)
            return [try ReferenceSummary(value).lines.joined(separator: indent)]
        } catch {
            return ["in a form that this release does not read: \(error.message)"]
        }
    }

    private var provenance: [String] {
        let documents: [ProvenanceDocument]
        do throws(Fault) {
            documents = try survey.manifest.documents()
        } catch {
            return ["in a form that this release does not read: \(error.message)"]
        }
        let indent = "\n" + String(repeating: " ", count: 16)
        return documents.map { document in
            [
                "\(document.name): \(document.summary)", "sha256 \(document.digest.hex)",
                document.whereabouts,
            ].joined(separator: indent)
        }
    }

    private var smoke: String {
        switch survey.manifest.smoke {
        case .command(let command): "command \(command.program.path)"
        case .inference(let inference):
            "inference of \(inference.model) by \(inference.program.path), "
                + ByteCount.things(inference.cases.count, "golden case")
        }
    }

    private var members: [(String, JSONValue?)] {
        [
            ("path", .string(survey.path)),
            ("verified", .bool(survey.verifiedSigners != nil)),
            (
                "acceptedSigners",
                survey.verifiedSigners.map { .array($0.map { .string($0.hex) }) }
            ),
            ("claimedSigners", .array(survey.claimedSigners.map { .string($0) })),
            ("recipients", .array(survey.recipients.map { .string($0) })),
            ("manifestDigest", .string(survey.manifestDigest.hex)),
            (
                "sections",
                .members([
                    ("envelope", .integer(survey.preamble.envelope)),
                    ("recipients", .integer(survey.preamble.recipients)),
                    ("index", .integer(survey.preamble.index)),
                    ("pack", .integer(survey.preamble.pack)),
                ])
            ),
            ("chunks", survey.chunks.map(json)),
            ("manifest", survey.manifest.json),
        ]
    }

    private func json(_ chunks: ChunkStatistics) -> JSONValue {
        var members: [(String, JSONValue?)] = []
        for codec in ChunkCodec.allCases {
            guard let group = chunks.groups[codec] else { continue }
            members.append(
                (
                    "\(codec)",
                    .members([
                        ("chunks", .integer(group.chunks)),
                        ("plainBytes", .integer(group.plainBytes)),
                        ("stored", .integer(group.stored)),
                        ("storedBytes", .integer(group.storedBytes)),
                    ])
                ))
        }
        members.append(("sealed", .integer(chunks.sealed)))
        members.append(("smallest", chunks.sizes.map { .integer($0.lowerBound) }))
        members.append(("largest", chunks.sizes.map { .integer($0.upperBound) }))
        return .members(members)
    }
}
