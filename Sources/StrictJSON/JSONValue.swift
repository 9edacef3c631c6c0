// StrictJSON: reads and writes JSON (RFC 8259) strictly and within bounds. Knows no schema.

/// A JSON value as it was read: numbers keep their text, objects their order.
public enum JSONValue: Sendable, Equatable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number, as its own text (`-12`, `0.5e3`); nothing is rounded.
    case number(String)
    /// A string, unescaped.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object; its members in the order read, each key once.
    case object([Member])

    /// One member of an object.
    public struct Member: Sendable, Equatable {
        /// The key, unescaped.
        public var key: String
        /// The value.
        public var value: JSONValue

        /// Makes a member.
        public init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// The value of an object's member; `nil` where there is none or this is no object.
    public subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// What kind of value this is, for messages.
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSONValue {
    /// An integer.
    public static func integer(_ value: some BinaryInteger) -> JSONValue { .number("\(value)") }

    /// A finite number in its shortest exact form; `null` for infinities and NaN.
    public static func real(_ value: Double) -> JSONValue {
        value.isFinite ? .number("\(value)") : .null
    }

    /// An object from pairs; members whose value is `nil` are left out.
    public static func members(_ pairs: [(String, JSONValue?)]) -> JSONValue {
        .object(pairs.compactMap { key, value in value.map { Member(key, $0) } })
    }
}
