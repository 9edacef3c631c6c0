/// Sizes for people.
public enum ByteCount {
    private static let units = ["kB", "MB", "GB", "TB"]

    /// A size with three digits and a decimal unit: `999 B`, `1.23 MB`, `456 GB`.
    public static func text(_ bytes: Int64) -> String {
        guard bytes >= 1000 else { return "\(bytes) B" }
        var value = Double(bytes)
        var unit = -1
        // 999.5 would round to 1000 of the smaller unit.
        while value >= 999.5, unit + 1 < units.count {
            value /= 1000
            unit += 1
        }
        let digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
        return "\(decimal(value, digits: digits)) \(units[max(unit, 0)])"
    }

    /// A number of things: `1 chunk`, `2 chunks`.
    public static func things(_ count: Int, _ noun: String) -> String {
        count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
    }

    /// A part of a whole in percent, with one decimal: `12.3 %`.
    public static func percent(_ part: Int64, of whole: Int64) -> String {
        guard whole > 0 else { return "–" }
        return decimal(Double(part) / Double(whole) * 100, digits: 1) + " %"
    }

    /// A number with a fixed count of decimals, rounded.
    public static func decimal(_ value: Double, digits: Int) -> String {
        var scale: Int64 = 1
        for _ in 0..<max(0, min(digits, 9)) { scale *= 10 }
        guard value.isFinite, value >= 0, value < 1e15 / Double(scale) else { return "\(value)" }
        let scaled = Int64((value * Double(scale)).rounded())
        guard scale > 1 else { return "\(scaled)" }
        let fraction = String(scaled % scale + scale).dropFirst()
        return "\(scaled / scale).\(fraction)"
    }
}
