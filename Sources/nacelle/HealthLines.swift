internal import Agent
internal import StrictJSON
internal import Telemetry

/// The model's health, in lines for a person and as one object for a machine.
struct HealthLines {
    private let health: HealthState?
    private let page: MachinePage

    /// Takes what was read.
    init(_ page: MachinePage) {
        self.page = page
        health = page.health
    }

    /// Names and words, without what there is nothing to say of.
    var lines: [(String, String)] {
        var lines: [(String, String)] = []
        if let health {
            lines.append(("model", model(health)))
            if let drift = drift(health) { lines.append(("drift", drift)) }
        }
        if let machine { lines.append(("machine", machine)) }
        return lines
    }

    private func model(_ health: HealthState) -> String {
        guard health.readAt > 0 else {
            return health.problem.isEmpty ? "not looked at yet" : "no metrics: \(health.problem)"
        }
        var words = ["\(health.totals.samples) predictions since \(Timestamp.text(health.began))"]
        if let confidence = health.totals.confidence?.quantile(0.5, in: 0...1) {
            words.append("median confidence \(HealthLines.rounded(confidence, 2))")
        }
        if let latency = health.latency {
            words.append("\(HealthLines.rounded(latency * 1000, 2)) ms each")
        }
        if health.totals.errors > 0 { words.append("\(health.totals.errors) failed") }
        if !health.problem.isEmpty { words.append("now: \(health.problem)") }
        return words.joined(separator: ", ")
    }

    private func drift(_ health: HealthState) -> String? {
        switch health.verdict {
        case nil: return nil
        case .undecided: return "undecided: \(health.wait ?? "too little was seen")"
        case .good: return "good: it answers as over its validation data\(last(health))"
        case .shifted(let mix):
            return
                "the mix of classes is another (index \(HealthLines.rounded(mix, 2))), the model "
                + "answers as before\(last(health))"
        case .worse(let reasons): return "WORSE: " + reasons.joined(separator: "; ")
        }
    }

    private func last(_ health: HealthState) -> String {
        health.past.last.map { ", in the window up to \(Timestamp.text($0.at))" } ?? ""
    }

    private var machine: String? {
        func value(_ name: String) -> Double? {
            page.families.first { $0.name == name }?.samples.map(\.value).max()
        }
        var words: [String] = []
        if let heat = value("nacelle_temperature_celsius") {
            words.append("\(HealthLines.rounded(heat, 0)) °C")
        }
        if let free = value("nacelle_memory_available_bytes"),
            let all = value("nacelle_memory_total_bytes"), all > 0
        {
            words.append("\(Int(free / all * 100)) % of memory free")
        }
        if let load = value("nacelle_load1") {
            words.append("load \(HealthLines.rounded(load, 2))")
        }
        if let free = value("nacelle_store_free_bytes"),
            let all = value("nacelle_store_size_bytes"), all > 0
        {
            words.append("\(Int(free / all * 100)) % of the disk free")
        }
        if let wear = value("nacelle_storage_wear_ratio") {
            words.append("flash \(Int(wear * 100)) % worn")
        }
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }

    /// A number with so many digits after the point.
    private static func rounded(_ value: Double, _ digits: Int) -> String {
        var unit = 1.0
        for _ in 0..<digits { unit *= 10 }
        let whole = Int64((min(max(value, -1e9), 1e9) * unit).rounded())
        guard digits > 0 else { return "\(whole)" }
        let text = "\(abs(whole))"
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        return (whole < 0 ? "-" : "") + padded.dropLast(digits) + "." + padded.suffix(digits)
    }

    /// The same for machines.
    var json: JSONValue {
        guard let health else { return .null }
        return .members([
            ("verdict", health.verdict.map { .string($0.name) } ?? .null),
            (
                "reasons",
                {
                    guard case .worse(let reasons)? = health.verdict else { return nil }
                    return .array(reasons.map { .string($0) })
                }()
            ),
            ("predictions", .integer(health.totals.samples)),
            ("since", .integer(health.began)), ("lookedAt", .integer(health.lookedAt)),
            ("readAt", .integer(health.readAt)), ("problem", .string(health.problem)),
            (
                "medianConfidence",
                health.totals.confidence?.quantile(0.5, in: 0...1).map { .real($0) } ?? .null
            ),
            ("latency", health.latency.map { .real($0) } ?? .null),
            ("errors", .integer(health.totals.errors)),
            ("model", health.reading.map { .string($0.model) } ?? .null),
            ("digest", health.reading.map { .string($0.digest) } ?? .null),
            ("window", .integer(health.window.samples)),
            ("needed", health.judge.map { .integer($0.limits.samples) } ?? .null),
            ("figures", health.judge?.figures?.json ?? .null),
        ])
    }
}
