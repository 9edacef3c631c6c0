internal import Bundle
internal import Faults
internal import YAML

/// Reads the smoke specification of a description.
enum SmokeReader {
    private static let shared = [
        "kind", "program", "arguments", "environment", "deadline", "memory",
    ]
    private static let inference = [
        "model", "ready-timeout", "cases", "tolerance", "top1-agreement", "latency",
    ]
    private static let milliseconds: ClosedRange<Int64> = 1...3_600_000

    static func read(_ fields: YAMLFields) throws(Fault) -> SmokeSpecification {
        let kind = try fields.enumeration("kind", allowed: ["inference", "command"])
        let smoke: SmokeSpecification
        if kind == "inference" {
            try fields.refuseUnknownKeys(known: shared + inference)
            smoke = .inference(try readInference(fields))
        } else {
            try fields.refuseUnknownKeys(known: shared)
            var command = SmokeCommand(program: try program(fields), memory: try memory(fields))
            if fields.has("deadline") { command.deadline = try duration(fields, "deadline") }
            smoke = .command(command)
        }
        try validate(smoke, fields)
        return smoke
    }

    private static func readInference(_ fields: YAMLFields) throws(Fault) -> SmokeInference {
        let tolerance = try fields.mapping("tolerance")
        try tolerance.refuseUnknownKeys(known: ["absolute", "relative"])
        var smoke = SmokeInference(
            program: try program(fields), model: try fields.string("model", limit: 256),
            cases: try fields.strings("cases", limit: 1024, length: BundleLimits.pathBytes),
            tolerance: SmokeTolerance(
                absolute: try tolerance.real("absolute", in: 0...1e30),
                relative: try tolerance.real("relative", in: 0...1)),
            latency: try latency(try fields.optionalMapping("latency")),
            memory: try memory(fields))
        if fields.has("ready-timeout") {
            smoke.readyTimeout = try duration(fields, "ready-timeout")
        }
        if fields.has("deadline") { smoke.deadline = try duration(fields, "deadline") }
        if fields.has("top1-agreement") {
            smoke.minimumTop1Agreement = try fields.real("top1-agreement", in: 0...1)
        }
        return smoke
    }

    private static func program(_ fields: YAMLFields) throws(Fault) -> SmokeProgram {
        var program = SmokeProgram(
            path: try fields.string("program", limit: BundleLimits.pathBytes))
        if fields.has("arguments") {
            program.arguments = try fields.strings("arguments", limit: 64)
        }
        if let environment = try fields.optionalMapping("environment") {
            for name in environment.keys {
                program.environment[name] = try environment.string(name)
            }
        }
        return program
    }

    private static func latency(_ fields: YAMLFields?) throws(Fault) -> SmokeLatency? {
        guard let fields else { return nil }
        try fields.refuseUnknownKeys(
            known: ["percentile", "limit", "runs", "warm-up", "confidence"])
        var latency = SmokeLatency(
            limit: try microseconds(fields, "limit"),
            runs: try fields.integer("runs", in: 1...100_000))
        if fields.has("percentile") {
            latency.percentile = try fields.real("percentile", in: 50...99.9)
        }
        if fields.has("confidence") {
            latency.confidence = try fields.real("confidence", in: 0.5...0.9999)
        }
        if fields.has("warm-up") { latency.warmUp = try fields.integer("warm-up", in: 0...10_000) }
        return latency
    }

    private static func memory(_ fields: YAMLFields) throws(Fault) -> SmokeMemory? {
        guard let memory = try fields.optionalMapping("memory") else { return nil }
        try memory.refuseUnknownKeys(known: ["limit", "metric"])
        let limit = Int(try memory.byteSize("limit", in: 1 << 20...1 << 44))
        guard memory.has("metric") else { return SmokeMemory(limit: limit) }
        return SmokeMemory(
            limit: limit, metric: try memory.enumeration("metric", as: SmokeMemory.Metric.self))
    }

    private static func duration(_ fields: YAMLFields, _ key: String) throws(Fault) -> Int {
        Int(try fields.duration(key, in: milliseconds))
    }

    /// A latency: as any duration, or in `us`, which no other duration needs.
    private static func microseconds(_ fields: YAMLFields, _ key: String) throws(Fault) -> Int {
        let text = try fields.string(key, limit: 64)
        if text.hasSuffix("us"), let number = Int(text.dropLast(2)), number >= 1,
            text.utf8.first != UInt8(ascii: "+")
        {
            return number
        }
        return Int(try fields.duration(key, in: milliseconds)) * 1000
    }

    /// Applies the specification's own rules, and says where in the description they were broken.
    private static func validate(
        _ smoke: SmokeSpecification, _ fields: YAMLFields
    ) throws(Fault) {
        do throws(Fault) {
            try smoke.validate()
        } catch {
            throw located(error, fields)
        }
    }

    /// A fault that begins with a field's path (`“smoke.latency.runs” is 20; …`), at that field.
    private static func located(_ fault: Fault, _ fields: YAMLFields) -> Fault {
        let sentence =
            fault.message.hasSuffix(".") ? String(fault.message.dropLast()) : fault.message
        guard sentence.hasPrefix("“smoke."), let close = sentence.firstIndex(of: "”") else {
            return fields.fault(
                "program", "cannot be run so: \(sentence)", advice: fault.advice)
        }
        let path = sentence[..<close].dropFirst("“smoke.".count)
        let problem = sentence[close...].dropFirst().drop { $0 == " " }
        var place = fields
        var keys = path.split(separator: ".").map { kebab($0.prefix { $0 != "[" }) }
        let last = keys.popLast() ?? "program"
        for key in keys {
            guard let inner = try? place.mapping(key) else { break }
            place = inner
        }
        return place.fault(last, String(problem), advice: fault.advice)
    }

    private static func kebab(_ camel: some StringProtocol) -> String {
        var out = ""
        for character in camel {
            if character.isUppercase { out += "-" }
            out += character.lowercased()
        }
        return out
    }
}
