/// Writes Prometheus' text exposition format, version 0.0.4.
public enum MetricPage {
    /// The page of some families, with help and types.
    public static func text(_ families: [MetricFamily]) -> [UInt8] {
        var out = ""
        for family in families where !family.samples.isEmpty {
            let help = family.help.map { $0 == "\n" ? " " : $0 == "\\" ? "/" : $0 }
            out += "# HELP \(family.name) \(String(help))\n"
            out += "# TYPE \(family.name) \(family.kind.rawValue)\n"
            for sample in family.samples { out += line(sample, [:]) + "\n" }
        }
        return Array(out.utf8)
    }

    /// The samples of some families alone, each with the time at which it was true.
    ///
    /// - Parameters:
    ///   - families: the families; what is no number is left out.
    ///   - labels: labels that each sample gets besides.
    ///   - milliseconds: the time, since 1970.
    /// - Returns: lines of text.
    public static func samples(
        _ families: [MetricFamily], with labels: [String: String], at milliseconds: Int64
    ) -> [UInt8] {
        var out = ""
        for family in families {
            for sample in family.samples where !sample.value.isNaN {
                out += line(sample, labels) + " \(milliseconds)\n"
            }
        }
        return Array(out.utf8)
    }

    private static func line(_ sample: MetricSample, _ more: [String: String]) -> String {
        let labels = sample.labels.merging(more) { $1 }.sorted { $0.key < $1.key }
        let inner = labels.map { "\($0.key)=\"\(escaped($0.value))\"" }.joined(separator: ",")
        return sample.name + (inner.isEmpty ? "" : "{\(inner)}") + " " + number(sample.value)
    }

    private static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    private static func number(_ value: Double) -> String {
        if value == .infinity { return "+Inf" }
        if value == -.infinity { return "-Inf" }
        if value.isNaN { return "NaN" }
        if value == value.rounded(), abs(value) < 1e15 { return "\(Int64(value))" }
        return "\(value)"
    }
}
