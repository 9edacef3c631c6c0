/// The first character of a text that YAML does not have, found before libyaml sees any of it.
struct YAMLFlaw {
    /// Where the flaw is.
    let position: YAMLPosition
    /// How many bytes stand before the line that has the flaw.
    let lineStart: Int
    /// What it is.
    let text: String

    /// Looks through a whole text.
    static func first(in bytes: [UInt8]) -> YAMLFlaw? {
        var lines = YAMLLines(bytes)
        while true {
            switch lines.next() {
            case .emptyInput: return nil
            case .error: return lines.flaw("a byte that is not UTF-8")
            case .scalarValue(let scalar):
                guard isAllowed(scalar.value) else {
                    let code = String(scalar.value, radix: 16, uppercase: true)
                    return lines.flaw("the control character U+\(code)")
                }
                lines.pass(scalar)
            }
        }
    }

    /// YAML 1.1's printable characters.
    private static func isAllowed(_ value: UInt32) -> Bool {
        switch value {
        case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xFFFD: true
        case 0x10000...0x10FFFF: true
        default: false
        }
    }
}
