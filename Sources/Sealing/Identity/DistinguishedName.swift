internal import COpenSSL
public import Faults

/// The name of a certificate's holder as a person writes it: `CN=turbine-7,O=Example` (RFC 4514).
///
/// As there, the last attribute is the most general and comes first in the encoding. Of the
/// escapes, a backslash before a special character or two hexadecimal digits are read; a name in a
/// part of several attributes (`+`) is refused.
public struct DistinguishedName: Sendable, Equatable {
    /// One attribute.
    struct Attribute: Sendable, Equatable {
        var type: String
        var value: String
    }

    /// The attributes that a name may have, as they are written.
    public static let types = [
        "CN", "O", "OU", "C", "ST", "L", "DC", "UID", "serialNumber",
    ]

    /// The name as it was written.
    public let text: String
    let attributes: [Attribute]

    /// The longest name, in bytes, and the most attributes.
    private static let longest = 1024
    private static let most = 16

    /// Reads a name.
    ///
    /// - Parameter text: the name.
    /// - Throws: a `Fault` of code `configuration` that says what is wrong with it.
    public init(_ text: String) throws(Fault) {
        guard text.utf8.count <= DistinguishedName.longest else {
            throw DistinguishedName.fault("has \(text.utf8.count) bytes; at most 1024 are read")
        }
        var attributes: [Attribute] = []
        for part in try DistinguishedName.parts(Array(text.utf8)) {
            guard let equals = part.firstIndex(where: { $0 == .plain(UInt8(ascii: "=")) }) else {
                throw DistinguishedName.fault(
                    "has the part “\(DistinguishedName.shown(part))” without “=”")
            }
            attributes.append(
                try DistinguishedName.attribute(part[..<equals], part[(equals + 1)...]))
        }
        guard attributes.count <= DistinguishedName.most else {
            throw DistinguishedName.fault(
                "has \(attributes.count) attributes; at most \(DistinguishedName.most) are read")
        }
        self.text = text
        self.attributes = attributes
        // Lengths and alphabets are libcrypto's to judge.
        _ = try NameHandle.make(self)
    }

    /// A byte as it was written: plain, or by an escape.
    private enum Letter: Equatable {
        case plain(UInt8)
        case escaped(UInt8)

        var byte: UInt8 {
            switch self {
            case .plain(let byte), .escaped(let byte): byte
            }
        }
    }

    private static func parts(_ bytes: [UInt8]) throws(Fault) -> [[Letter]] {
        var parts: [[Letter]] = [[]]
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: ","): parts.append([])
            case UInt8(ascii: "+"), UInt8(ascii: "\""), UInt8(ascii: ";"), UInt8(ascii: "<"),
                UInt8(ascii: ">"):
                throw fault(
                    "has an unescaped “\(String(decoding: [byte], as: UTF8.self))”; a backslash "
                        + "was expected before it")
            case UInt8(ascii: "\\"):
                let (value, length) = try escape(bytes[position...])
                parts[parts.count - 1].append(.escaped(value))
                position += length
            default:
                guard byte >= 0x20, byte != 0x7F else { throw fault("has a control character") }
                parts[parts.count - 1].append(.plain(byte))
            }
        }
        return parts
    }

    private static func escape(_ rest: ArraySlice<UInt8>) throws(Fault) -> (UInt8, Int) {
        if let next = rest.first, " \"#+,;<=>\\".utf8.contains(next) { return (next, 1) }
        let digits = String(decoding: rest.prefix(2), as: UTF8.self)
        guard digits.utf8.count == 2, digits.allSatisfy({ $0.isHexDigit }),
            let value = UInt8(digits, radix: 16), value >= 0x20
        else {
            throw fault("has a backslash before neither a special character nor two digits")
        }
        return (value, 2)
    }

    private static func attribute(
        _ type: ArraySlice<Letter>, _ value: ArraySlice<Letter>
    ) throws(Fault) -> Attribute {
        let written = text(trimmed(type))
        guard
            let known = types.first(where: { $0.lowercased() == written.lowercased() })
        else {
            throw fault(
                "has the attribute “\(written)”; " + types.joined(separator: ", ")
                    + " are known")
        }
        let bytes = trimmed(value)
        guard !bytes.isEmpty, let content = String(validating: bytes.map(\.byte), as: UTF8.self)
        else { throw fault("has no value, or one that is not UTF-8, for \(known)") }
        return Attribute(type: known, value: content)
    }

    private static func trimmed(_ letters: ArraySlice<Letter>) -> ArraySlice<Letter> {
        let space = Letter.plain(0x20)
        var rest = letters.drop { $0 == space }
        while rest.last == space { rest.removeLast() }
        return rest
    }

    private static func text(_ letters: ArraySlice<Letter>) -> String {
        String(decoding: letters.map(\.byte), as: UTF8.self)
    }

    private static func shown(_ part: [Letter]) -> String { text(part[...]) }

    static func fault(_ what: String, cause: String? = nil) -> Fault {
        Fault(
            .configuration, "The certificate's subject \(what).",
            advice: "Write it like CN=turbine-7,O=Example.", cause: cause)
    }
}
