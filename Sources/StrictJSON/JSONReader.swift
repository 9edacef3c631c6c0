public import Faults

/// Bounds that a reader never passes.
public struct JSONLimits: Sendable {
    /// The longest text, in bytes.
    public var bytes: Int
    /// The deepest nesting of arrays and objects.
    public var depth: Int
    /// The most values in all.
    public var values: Int

    /// Makes limits.
    public init(bytes: Int, depth: Int = 32, values: Int = 200_000) {
        self.bytes = bytes
        self.depth = depth
        self.values = values
    }
}

/// A strict, bounded reader of JSON texts (RFC 8259).
///
/// Refused are: a text over its limits, invalid UTF-8, duplicate keys, unpaired surrogates, anything
/// before or after the one value, a byte order mark, and whatever the grammar does not allow.
/// Memory is bounded by the limits; recursion by the depth.
public struct JSONReader {
    private let bytes: [UInt8]
    private let limits: JSONLimits
    private var position = 0
    private var valuesLeft: Int

    /// Reads one value that fills `bytes`.
    ///
    /// - Parameters:
    ///   - bytes: the text, in UTF-8.
    ///   - limits: the bounds.
    /// - Returns: the value.
    /// - Throws: a `Fault` of code `malformed` that names the byte where reading stopped.
    public static func read(_ bytes: [UInt8], limits: JSONLimits) throws(Fault) -> JSONValue {
        guard bytes.count <= limits.bytes else {
            throw Fault(
                .malformed,
                "The JSON text has \(bytes.count) bytes; at most \(limits.bytes) are accepted.")
        }
        var reader = JSONReader(bytes: bytes, limits: limits)
        reader.skipSpace()
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.position == bytes.count else {
            throw reader.refusal("something follows the value")
        }
        return value
    }

    private init(bytes: [UInt8], limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
        self.valuesLeft = limits.values
    }

    private func refusal(_ what: String) -> Fault {
        Fault(.malformed, "Not acceptable as JSON: \(what), at byte \(position).")
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    private mutating func expect(_ byte: UInt8, _ what: String) throws(Fault) {
        guard next == byte else { throw refusal("\(what) expected") }
        position += 1
    }

    private mutating func value(depth: Int) throws(Fault) -> JSONValue {
        valuesLeft -= 1
        guard valuesLeft >= 0 else { throw refusal("more than \(limits.values) values") }
        guard let byte = next else { throw refusal("the text ends where a value should begin") }
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(Fault) -> JSONValue
    {
        for expected in "\(word)".utf8 {
            guard next == expected else { throw refusal("“\(word)” expected") }
            position += 1
        }
        return value
    }

    private mutating func object(depth: Int) throws(Fault) -> JSONValue {
        guard depth <= limits.depth else { throw refusal("nested deeper than \(limits.depth)") }
        position += 1
        var members: [JSONValue.Member] = []
        var keys: Set<String> = []
        skipSpace()
        if next == UInt8(ascii: "}") {
            position += 1
            return .object([])
        }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw refusal("a key expected") }
            let key = try string()
            // Bytes decide, not Unicode equivalence: "é" written in two ways is two keys.
            guard keys.insert(exactKey(key)).inserted else {
                throw refusal("the key “\(key.prefix(64))” stands twice in one object")
            }
            skipSpace()
            try expect(UInt8(ascii: ":"), "a colon")
            skipSpace()
            members.append(JSONValue.Member(key, try value(depth: depth)))
            skipSpace()
            if next == UInt8(ascii: ",") {
                position += 1
                continue
            }
            try expect(UInt8(ascii: "}"), "a comma or the object's end")
            return .object(members)
        }
    }

    /// Swift's strings compare by canonical equivalence; one scalar list per key compares exactly.
    private func exactKey(_ key: String) -> String {
        key.unicodeScalars.map { String($0.value, radix: 16) }.joined(separator: ",")
    }

    private mutating func array(depth: Int) throws(Fault) -> JSONValue {
        guard depth <= limits.depth else { throw refusal("nested deeper than \(limits.depth)") }
        position += 1
        var values: [JSONValue] = []
        skipSpace()
        if next == UInt8(ascii: "]") {
            position += 1
            return .array([])
        }
        while true {
            skipSpace()
            values.append(try value(depth: depth))
            skipSpace()
            if next == UInt8(ascii: ",") {
                position += 1
                continue
            }
            try expect(UInt8(ascii: "]"), "a comma or the array's end")
            return .array(values)
        }
    }

    private mutating func digits() throws(Fault) {
        let start = position
        while let byte = next, byte >= 0x30, byte <= 0x39 { position += 1 }
        guard position > start else { throw refusal("a digit expected") }
    }

    private mutating func number() throws(Fault) -> String {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        if next == UInt8(ascii: "0") {
            position += 1
            if let byte = next, byte >= 0x30, byte <= 0x39 {
                throw refusal("a number with a leading zero")
            }
        } else {
            try digits()
        }
        if next == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func string() throws(Fault) -> String {
        position += 1
        var text: [UInt8] = []
        while true {
            let start = position
            while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"),
                byte >= 0x20
            { position += 1 }
            text.append(contentsOf: bytes[start..<position])
            guard let byte = next else { throw refusal("the text ends inside a string") }
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw refusal("a string that is not valid UTF-8")
                }
                return string
            case UInt8(ascii: "\\"):
                position += 1
                text.append(contentsOf: try escape())
            default:
                throw refusal("a control character inside a string")
            }
        }
    }

    private mutating func escape() throws(Fault) -> [UInt8] {
        guard let byte = next else { throw refusal("the text ends inside an escape") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var code = UInt32(try hex4())
            if (0xD800..<0xDC00).contains(code) {
                guard next == UInt8(ascii: "\\") else { throw refusal("an unpaired surrogate") }
                position += 1
                guard next == UInt8(ascii: "u") else { throw refusal("an unpaired surrogate") }
                position += 1
                let low = UInt32(try hex4())
                guard (0xDC00..<0xE000).contains(low) else {
                    throw refusal("an unpaired surrogate")
                }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw refusal("an unpaired surrogate") }
            return Array(String(Character(scalar)).utf8)
        default:
            throw refusal("an unknown escape")
        }
    }

    private mutating func hex4() throws(Fault) -> UInt16 {
        var code: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw refusal("four hexadecimal digits expected")
            }
            code = code << 4 | UInt16(digit)
            position += 1
        }
        return code
    }
}
