/// Walks through a text and counts its lines as libyaml does.
struct YAMLLines {
    private var decoder = UTF8()
    private var iterator: [UInt8].Iterator
    private var offset = 0
    private var line = 1
    private var column = 1
    private var lineStart = 0
    private var afterReturn = false

    /// Whether a line begins with a space or a tab.
    static func isIndented(_ line: Int, of bytes: [UInt8]) -> Bool {
        var lines = YAMLLines(bytes)
        while lines.line < line, case .scalarValue(let scalar) = lines.next() {
            lines.pass(scalar)
        }
        guard lines.line == line, lines.lineStart < bytes.count else { return false }
        return [0x09, 0x20].contains(bytes[lines.lineStart])
    }

    init(_ bytes: [UInt8]) {
        iterator = bytes.makeIterator()
    }

    /// Decodes the next character.
    mutating func next() -> UnicodeDecodingResult { decoder.decode(&iterator) }

    /// Counts a character.
    mutating func pass(_ scalar: Unicode.Scalar) {
        offset += UTF8.width(scalar)
        switch scalar {
        case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}":
            if !(scalar == "\n" && afterReturn) { line += 1 }
            column = 1
            lineStart = offset
        default:
            column += 1
        }
        afterReturn = scalar == "\r"
    }

    /// A flaw at the character that was decoded last.
    func flaw(_ text: String) -> YAMLFlaw {
        YAMLFlaw(
            position: YAMLPosition(line: line, column: column), lineStart: lineStart, text: text)
    }
}
