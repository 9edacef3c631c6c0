public import Faults

// Getters of values that have a form: numbers, words, quantities.
extension YAMLFields {
    /// An integer within `range`, written plainly in decimal digits.
    public func integer<Number: FixedWidthInteger>(
        _ key: String, in range: ClosedRange<Number>
    ) throws(Fault) -> Number {
        let expected = "an integer from \(range.lowerBound) to \(range.upperBound)"
        let (text, isPlain) = try scalar(key, expected)
        let digits = text.utf8.drop { $0 == UInt8(ascii: "-") }
        // A leading zero means octal to some readers, so it means nothing here.
        guard isPlain, text.utf8.count - digits.count <= 1, !digits.isEmpty,
            digits.allSatisfy({ (0x30...0x39).contains($0) }),
            digits.count == 1 || digits.first != 0x30,
            let number = Number(text), range.contains(number)
        else { throw wrong(key, text, isPlain, expected) }
        return number
    }

    /// A number within `range`, written plainly in decimal.
    public func real(_ key: String, in range: ClosedRange<Double>) throws(Fault) -> Double {
        let expected = "a number from \(range.lowerBound) to \(range.upperBound)"
        let (text, isPlain) = try scalar(key, expected)
        let allowed = Array("0123456789+-.eE".utf8)
        guard isPlain, text.utf8.first.map({ $0 == 0x2D || (0x30...0x39).contains($0) }) ?? false,
            text.utf8.allSatisfy(allowed.contains), let number = Double(text),
            range.contains(number)
        else { throw wrong(key, text, isPlain, expected) }
        return number
    }

    /// A boolean: `true` or `false`, written plainly.
    public func bool(_ key: String) throws(Fault) -> Bool {
        let (text, isPlain) = try scalar(key, "true or false")
        guard isPlain, text == "true" || text == "false" else {
            throw wrong(key, text, isPlain, "true or false")
        }
        return text == "true"
    }

    /// A duration within `range`, in milliseconds: `250ms`, `10s`, `5min`, `2h`, `1d`.
    public func duration(
        _ key: String, in range: ClosedRange<Int64> = 0...Int64.max
    ) throws(Fault) -> Int64 {
        try quantity(key, range, Quantity.durationUnits, "a duration such as 250ms, 10s, 5min, 2h")
    }

    /// A size within `range`, in bytes: `512B`, `64MiB`, `1GB`; the unit says 1024 or 1000.
    public func byteSize(
        _ key: String, in range: ClosedRange<Int64> = 0...Int64.max
    ) throws(Fault) -> Int64 {
        try quantity(
            key, range, Quantity.sizeUnits, "a size such as 512B, 64MiB (1024²) or 64MB (1000²)")
    }

    /// One of some allowed words.
    public func enumeration(_ key: String, allowed: [String]) throws(Fault) -> String {
        let list = allowed.map { "“\($0)”" }.joined(separator: ", ")
        let expected = allowed.count == 1 ? list : "one of \(list)"
        let (text, _) = try scalar(key, expected)
        guard allowed.contains(text) else {
            let near = Spelling.nearest(to: text, among: allowed)
            throw fault(
                key, "is \(shown(text)); \(expected) was expected",
                advice: near.map { "Did you mean “\($0)”?" } ?? "")
        }
        return text
    }

    /// One of the cases of an enumeration with text values.
    public func enumeration<Choice: RawRepresentable & CaseIterable>(
        _ key: String, as type: Choice.Type
    ) throws(Fault) -> Choice where Choice.RawValue == String {
        let text = try enumeration(key, allowed: Choice.allCases.map(\.rawValue))
        guard let choice = Choice(rawValue: text) else {
            throw fault(key, "is \(shown(text)), which is not accepted")
        }
        return choice
    }

    private func quantity(
        _ key: String, _ range: ClosedRange<Int64>, _ units: [(name: String, factor: Int64)],
        _ expected: String
    ) throws(Fault) -> Int64 {
        let text = try scalar(key, expected).text
        guard let value = Quantity.value(text, units: units) else {
            throw fault(
                key, "is \(shown(text)); \(expected) was expected",
                advice:
                    "Write a whole number and a unit: \(units.map(\.name).joined(separator: ", "))."
            )
        }
        guard range.contains(value) else {
            let low = Quantity.text(range.lowerBound, units: units)
            let high = Quantity.text(range.upperBound, units: units)
            throw fault(key, "is \(shown(text)); from \(low) to \(high) was expected")
        }
        return value
    }

    private func wrong(
        _ key: String, _ text: String, _ isPlain: Bool, _ expected: String
    ) -> Fault {
        fault(
            key, "is \(shown(text)); \(expected) was expected",
            advice: isPlain ? "" : "Write it without quotes.")
    }
}
