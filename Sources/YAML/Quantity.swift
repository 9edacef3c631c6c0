/// Numbers with a unit, as configuration files write them.
enum Quantity {
    static let durationUnits: [(name: String, factor: Int64)] = [
        ("ms", 1), ("s", 1000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]
    static let sizeUnits: [(name: String, factor: Int64)] = [
        ("B", 1), ("kB", 1000), ("KiB", 1 << 10), ("MB", 1_000_000), ("MiB", 1 << 20),
        ("GB", 1_000_000_000), ("GiB", 1 << 30), ("TB", 1_000_000_000_000), ("TiB", 1 << 40),
    ]

    /// The value of digits, at most one space, and a unit; `nil` for anything else.
    static func value(_ text: String, units: [(name: String, factor: Int64)]) -> Int64? {
        let digits = text.utf8.prefix { (0x30...0x39).contains($0) }
        guard let number = Int64(String(decoding: digits, as: UTF8.self)) else { return nil }
        var unit = text.utf8.dropFirst(digits.count)
        if unit.first == 0x20 { unit = unit.dropFirst() }
        guard let factor = units.first(where: { $0.name.utf8.elementsEqual(unit) })?.factor else {
            return nil
        }
        let (value, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : value
    }

    /// The text of a value in the largest unit that divides it.
    static func text(_ value: Int64, units: [(name: String, factor: Int64)]) -> String {
        let fitting = units.filter { value != 0 && value % $0.factor == 0 }
        guard let unit = fitting.max(by: { $0.factor < $1.factor }) ?? units.first else {
            return String(value)
        }
        return "\(value / unit.factor)\(unit.name)"
    }
}
