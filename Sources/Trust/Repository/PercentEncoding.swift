/// Percent-encoding (RFC 3986, section 2.1) of names that may hold any character.
public enum PercentEncoding {
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// Everything but letters, digits and `-._~` encoded, slashes too: the result is one component.
    public static func whole(_ text: String) -> String { encoded(text, keepingSlashes: false) }

    /// The same, but slashes divide components as before.
    public static func path(_ text: String) -> String { encoded(text, keepingSlashes: true) }

    private static func encoded(_ text: String, keepingSlashes: Bool) -> String {
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: out.append(byte)
            case 0x2F where keepingSlashes: out.append(byte)
            default: out += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
