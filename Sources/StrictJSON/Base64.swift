public import Faults

/// Base64 with the standard alphabet and padding (RFC 4648, section 4), strictly.
public enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 0xFF, count: 256)
        for (value, byte) in alphabet.enumerated() { table[Int(byte)] = UInt8(value) }
        return table
    }()

    /// The text of `bytes`.
    public static func encode(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for offset in 0..<3 {
                bits = bits << 8 | (offset < group.count ? UInt32(group[start + offset]) : 0)
            }
            for offset in 0..<4 {
                let value = Int(bits >> UInt32(18 - 6 * offset) & 63)
                out.append(offset <= group.count ? alphabet[value] : UInt8(ascii: "="))
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The bytes of a text.
    ///
    /// - Parameters:
    ///   - text: what to decode; its padding must be there, and the bits it hides must be zero.
    ///   - what: what the text is, for the message.
    /// - Returns: the bytes.
    /// - Throws: a `Fault` of code `malformed` for anything else.
    public static func decode(_ text: String, as what: String) throws(Fault) -> [UInt8] {
        let bad = Fault(.malformed, "The \(what) is not base64 (RFC 4648, with padding).")
        let source = Array(text.utf8)
        guard source.count % 4 == 0 else { throw bad }
        var out: [UInt8] = []
        out.reserveCapacity(source.count / 4 * 3)
        for start in stride(from: 0, to: source.count, by: 4) {
            let last = start + 4 == source.count
            var padding = 0
            if last {
                if source[start + 3] == UInt8(ascii: "=") { padding = 1 }
                if padding == 1, source[start + 2] == UInt8(ascii: "=") { padding = 2 }
            }
            var bits: UInt32 = 0
            for offset in 0..<4 {
                let value = offset >= 4 - padding ? 0 : values[Int(source[start + offset])]
                guard value != 0xFF else { throw bad }
                bits = bits << 6 | UInt32(value)
            }
            guard bits & (1 << UInt32(8 * padding) - 1) == 0 else { throw bad }
            for offset in 0..<(3 - padding) {
                out.append(UInt8(bits >> UInt32(16 - 8 * offset) & 0xFF))
            }
        }
        return out
    }
}
