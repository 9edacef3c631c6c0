/// How a server writes a time to wait: `HH:mm:ss`, or an ISO 8601 duration such as `P1DT30M`.
enum SleepTime {
    /// The seconds of a text, rounded down; `nil` where it is neither, or absurd.
    static func seconds(_ text: String) -> Int64? {
        guard text.utf8.count <= 32 else { return nil }
        let bytes = Array(text.utf8)
        return bytes.first == UInt8(ascii: "P") ? iso(bytes.dropFirst()) : clock(bytes)
    }

    private static func clock(_ bytes: [UInt8]) -> Int64? {
        let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 3, let hours = number(parts[0]), let minutes = number(parts[1]),
            let seconds = number(parts[2]), hours <= 9999, minutes < 60, seconds < 60
        else { return nil }
        return hours * 3600 + minutes * 60 + seconds
    }

    private static func iso(_ bytes: ArraySlice<UInt8>) -> Int64? {
        var rest = bytes
        var total: Int64 = 0
        var isTime = false
        var isEmpty = true
        while let byte = rest.first {
            if byte == UInt8(ascii: "T"), !isTime {
                isTime = true
                rest = rest.dropFirst()
                continue
            }
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard let value = number(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            // A fraction of a second is dropped; of anything larger it is refused.
            var hasFraction = false
            if let mark = rest.first, mark == UInt8(ascii: ".") || mark == UInt8(ascii: ",") {
                let fraction = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
                guard !fraction.isEmpty else { return nil }
                rest = rest.dropFirst(1 + fraction.count)
                hasFraction = true
            }
            guard let unit = rest.popFirst(), let seconds = unitSeconds(unit, isTime),
                !hasFraction || seconds == 1
            else { return nil }
            total += value * seconds
            isEmpty = false
        }
        return isEmpty ? nil : total
    }

    private static func unitSeconds(_ unit: UInt8, _ isTime: Bool) -> Int64? {
        switch (unit, isTime) {
        case (UInt8(ascii: "W"), false): 7 * 86_400
        case (UInt8(ascii: "D"), false): 86_400
        case (UInt8(ascii: "H"), true): 3600
        case (UInt8(ascii: "M"), true): 60
        case (UInt8(ascii: "S"), true): 1
        default: nil
        }
    }

    /// At most nine digits, so that no product overflows.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard (1...9).contains(digits.count),
            digits.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }
}
