internal import Bundle
internal import Faults
internal import YAML

/// Readers of the description's parts, each of one mapping.
enum DescriptionParts {
    static func requirements(_ fields: YAMLFields?) throws(Fault) -> Manifest.Requirements {
        var requirements = Manifest.Requirements()
        guard let fields else { return requirements }
        try fields.refuseUnknownKeys(known: [
            "architecture", "processor-features", "memory", "accelerator", "agent",
        ])
        requirements.architecture = try fields.optionalString("architecture", limit: 32)
        requirements.accelerator = try fields.optionalString("accelerator", limit: 64)
        if fields.has("processor-features") {
            requirements.processorFeatures = try fields.strings(
                "processor-features", limit: 64, length: 32)
        }
        if fields.has("memory") {
            requirements.memory = try fields.byteSize("memory", in: 0...BundleLimits.streamBytes)
        }
        if let agent = try fields.optionalString("agent", limit: 32) {
            let parts = agent.utf8.split(
                separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            let isVersion =
                parts.count == 3
                && parts.allSatisfy { part in
                    (1...9).contains(part.count) && part.allSatisfy { (0x30...0x39).contains($0) }
                }
            guard isVersion else {
                throw fields.fault("agent", "is “\(agent)”; MAJOR.MINOR.PATCH was expected")
            }
            requirements.agent = agent
        }
        return requirements
    }

    /// The tree's sources: a list, or one directory that is the whole tree.
    static func sources(_ fields: YAMLFields) throws(Fault) -> [TreeSource] {
        guard let node = fields.node("tree") else {
            throw fields.fault("tree", "is missing; a list of sources or a directory was expected")
        }
        if case .scalar = node.kind {
            let from = try fields.string("tree")
            return [TreeSource(from: from, to: "", mode: nil, fields: fields, key: "tree")]
        }
        var sources: [TreeSource] = []
        for source in try fields.mappings("tree", limit: 10_000) {
            try source.refuseUnknownKeys(known: ["from", "to", "mode"])
            let from = try source.string("from")
            let to = try source.string("to", limit: BundleLimits.pathBytes)
            sources.append(
                TreeSource(
                    from: from, to: to == "." || to == "./" ? "" : to, mode: try mode(source),
                    fields: source, key: "from"))
        }
        guard !sources.isEmpty else { throw fields.fault("tree", "is empty") }
        return sources
    }

    private static func mode(_ fields: YAMLFields) throws(Fault) -> UInt32? {
        guard let text = try fields.optionalString("mode", limit: 8) else { return nil }
        guard let mode = UInt32(text, radix: 8),
            text.utf8.allSatisfy({ (0x30...0x37).contains($0) }),
            mode & ~0o755 == 0, mode & 0o400 != 0
        else {
            throw fields.fault(
                "mode",
                "is “\(text)”; octal permission bits within 0755 that let the owner read were expected"
            )
        }
        return mode
    }

    static func sealRules(_ fields: YAMLFields?) throws(Fault) -> SealRules {
        guard let fields else { return .standard }
        try fields.refuseUnknownKeys(known: ["paths", "recipients"])
        guard fields.has("paths") else { return .standard }
        return SealRules(paths: try fields.strings("paths", limit: 1000))
    }

    static func recipients(_ fields: YAMLFields?) throws(Fault) -> [String] {
        guard let fields, fields.has("recipients") else { return [] }
        return try fields.strings("recipients", limit: BundleLimits.recipients)
    }

    static func chunks(_ fields: YAMLFields?) throws(Fault) -> ChunkSizes {
        guard let fields else { return .standard }
        try fields.refuseUnknownKeys(known: ["average", "maximum"])
        func size(_ key: String) throws(Fault) -> Int? {
            guard fields.has(key) else { return nil }
            return Int(try fields.byteSize(key, in: 1...Int64(BundleLimits.chunkBytes)))
        }
        let average = try size("average")
        let maximum = try size("maximum")
        do throws(Fault) {
            return try ChunkSizes(average: average ?? ChunkSizes.standard.average, maximum: maximum)
        } catch {
            let key = average != nil && maximum == nil ? "average" : "maximum"
            throw fields.fault(key, "does not fit: \(error.message.dropLast())")
        }
    }

    static func level(_ fields: YAMLFields?) throws(Fault) -> Int {
        guard let fields else { return BuildOptions.standardLevel }
        try fields.refuseUnknownKeys(known: ["level"])
        guard fields.has("level") else { return BuildOptions.standardLevel }
        return try fields.integer("level", in: BuildOptions.levels)
    }

    static func probation(_ fields: YAMLFields?) throws(Fault) -> ProbationSpecification {
        var probation = ProbationSpecification()
        guard let fields else { return probation }
        try fields.refuseUnknownKeys(known: ["duration", "interval", "start-timeout", "failures"])
        let hour: Int64 = 3_600_000
        if fields.has("duration") {
            probation.duration = try fields.duration("duration", in: 0...7 * 24 * hour)
        }
        if fields.has("interval") {
            probation.interval = try fields.duration("interval", in: 10...hour)
        }
        if fields.has("start-timeout") {
            probation.startTimeout = try fields.duration("start-timeout", in: 0...hour)
        }
        if fields.has("failures") {
            probation.failures = try fields.integer("failures", in: 1...1000)
        }
        return probation
    }
}
