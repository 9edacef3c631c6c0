public import Faults

extension JSONValue {
    /// The value on one line, members in their order, as UTF-8.
    public var compact: [UInt8] {
        var out: [UInt8] = []
        write(into: &out, indent: nil, level: 0)
        return out
    }

    /// The value on indented lines, for people, ending in a line feed.
    public var pretty: [UInt8] {
        var out: [UInt8] = []
        write(into: &out, indent: 2, level: 0)
        out.append(0x0A)
        return out
    }

    /// The value on one line as a string.
    public var compactText: String { String(decoding: compact, as: UTF8.self) }

    /// The canonical form that TUF signs: OLPC canonical JSON.
    ///
    /// Keys are sorted by their UTF-8 bytes, only `"` and `\` are escaped in strings, and there
    /// is no white space.
    ///
    /// - Returns: the canonical bytes.
    /// - Throws: a `Fault` of code `malformed` for a number that is no integer, which the
    ///   canonical form does not have.
    public func canonical() throws(Fault) -> [UInt8] {
        var out: [UInt8] = []
        try writeCanonical(into: &out)
        return out
    }

    private func write(into out: inout [UInt8], indent: Int?, level: Int) {
        func newline(_ level: Int) {
            guard let indent else { return }
            out.append(0x0A)
            out.append(contentsOf: repeatElement(0x20, count: indent * level))
        }
        switch self {
        case .null: out.append(contentsOf: "null".utf8)
        case .bool(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let text): out.append(contentsOf: text.utf8)
        case .string(let text): JSONValue.writeString(text, into: &out)
        case .array(let values):
            out.append(UInt8(ascii: "["))
            for (number, value) in values.enumerated() {
                if number > 0 { out.append(UInt8(ascii: ",")) }
                newline(level + 1)
                value.write(into: &out, indent: indent, level: level + 1)
            }
            if !values.isEmpty { newline(level) }
            out.append(UInt8(ascii: "]"))
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            for (number, member) in members.enumerated() {
                if number > 0 { out.append(UInt8(ascii: ",")) }
                newline(level + 1)
                JSONValue.writeString(member.key, into: &out)
                out.append(UInt8(ascii: ":"))
                if indent != nil { out.append(0x20) }
                member.value.write(into: &out, indent: indent, level: level + 1)
            }
            if !members.isEmpty { newline(level) }
            out.append(UInt8(ascii: "}"))
        }
    }

    private static func writeString(_ text: String, into out: inout [UInt8]) {
        let hex = Array("0123456789abcdef".utf8)
        out.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                out.append(UInt8(ascii: "\\"))
                out.append(byte)
            case 0x0A: out.append(contentsOf: "\\n".utf8)
            case 0x0D: out.append(contentsOf: "\\r".utf8)
            case 0x09: out.append(contentsOf: "\\t".utf8)
            case 0..<0x20, 0x7F:
                out.append(contentsOf: "\\u00".utf8)
                out.append(hex[Int(byte >> 4)])
                out.append(hex[Int(byte & 15)])
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
    }

    private func writeCanonical(into out: inout [UInt8]) throws(Fault) {
        func quote(_ text: String) {
            out.append(UInt8(ascii: "\""))
            for byte in text.utf8 {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                    out.append(UInt8(ascii: "\\"))
                }
                out.append(byte)
            }
            out.append(UInt8(ascii: "\""))
        }
        switch self {
        case .null, .bool: out.append(contentsOf: compact)
        case .string(let text): quote(text)
        case .number(let text):
            guard text.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) })
            else {
                throw Fault(
                    .malformed, "The number \(text) has no canonical form: it is no integer.")
            }
            out.append(contentsOf: (text == "-0" ? "0" : text).utf8)
        case .array(let values):
            out.append(UInt8(ascii: "["))
            for (number, value) in values.enumerated() {
                if number > 0 { out.append(UInt8(ascii: ",")) }
                try value.writeCanonical(into: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            for (number, member) in sorted.enumerated() {
                if number > 0 { out.append(UInt8(ascii: ",")) }
                quote(member.key)
                out.append(UInt8(ascii: ":"))
                try member.value.writeCanonical(into: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }
}
