public import Faults

/// An object that is being read field by field, which knows where it stands for its messages.
///
/// Every getter throws a `Fault` of code `malformed` that names the field's whole path
/// (`manifest.index.pages`), what was found and what was expected.
public struct JSONFields: Sendable {
    /// Where the object stands, for messages: `manifest.index`.
    public let path: String
    /// The object itself.
    public let value: JSONValue

    /// Takes a value that must be an object.
    public init(_ value: JSONValue, path: String) throws(Fault) {
        guard case .object = value else {
            throw Fault(.malformed, "“\(path)” is \(value.kind); an object was expected.")
        }
        self.path = path
        self.value = value
    }

    private func fault(_ key: String, _ found: JSONValue?, _ expected: String) -> Fault {
        let found = found.map(\.kind) ?? "missing"
        return Fault(.malformed, "“\(path).\(key)” is \(found); \(expected) was expected.")
    }

    /// Whether the field is there and not `null`.
    public func has(_ key: String) -> Bool {
        guard let value = value[key] else { return false }
        return value != .null
    }

    /// A string of at most `limit` UTF-8 bytes.
    public func string(_ key: String, limit: Int = 4096) throws(Fault) -> String {
        guard case .string(let text)? = value[key] else {
            throw fault(key, value[key], "a string")
        }
        guard text.utf8.count <= limit else {
            throw Fault(
                .malformed,
                "“\(path).\(key)” has \(text.utf8.count) bytes; at most \(limit) are accepted.")
        }
        return text
    }

    /// A string, or `nil` where the field is missing or `null`.
    public func optionalString(_ key: String, limit: Int = 4096) throws(Fault) -> String? {
        has(key) ? try string(key, limit: limit) : nil
    }

    /// An integer within `range`.
    public func integer<Number: FixedWidthInteger>(
        _ key: String, in range: ClosedRange<Number>
    ) throws(Fault) -> Number {
        guard case .number(let text)? = value[key] else {
            throw fault(key, value[key], "an integer")
        }
        guard let number = Number(text), range.contains(number) else {
            throw Fault(
                .malformed,
                "“\(path).\(key)” is \(text.prefix(40)); an integer from \(range.lowerBound) to "
                    + "\(range.upperBound) was expected.")
        }
        return number
    }

    /// A number within `range`.
    public func real(_ key: String, in range: ClosedRange<Double>) throws(Fault) -> Double {
        guard case .number(let text)? = value[key] else {
            throw fault(key, value[key], "a number")
        }
        guard let number = Double(text), range.contains(number) else {
            throw Fault(
                .malformed,
                "“\(path).\(key)” is \(text.prefix(40)); a number from \(range.lowerBound) to "
                    + "\(range.upperBound) was expected.")
        }
        return number
    }

    /// A boolean.
    public func bool(_ key: String) throws(Fault) -> Bool {
        guard case .bool(let flag)? = value[key] else {
            throw fault(key, value[key], "a boolean")
        }
        return flag
    }

    /// An array of at most `limit` values.
    public func array(_ key: String, limit: Int) throws(Fault) -> [JSONValue] {
        guard case .array(let values)? = value[key] else {
            throw fault(key, value[key], "an array")
        }
        guard values.count <= limit else {
            throw Fault(
                .malformed,
                "“\(path).\(key)” has \(values.count) elements; at most \(limit) are accepted.")
        }
        return values
    }

    /// An array of at most `limit` strings of at most `length` bytes each.
    public func strings(_ key: String, limit: Int, length: Int = 4096) throws(Fault) -> [String] {
        var strings: [String] = []
        for (number, value) in try array(key, limit: limit).enumerated() {
            guard case .string(let text) = value, text.utf8.count <= length else {
                throw fault("\(key)[\(number)]", value, "a string of at most \(length) bytes")
            }
            strings.append(text)
        }
        return strings
    }

    /// A nested object.
    public func object(_ key: String) throws(Fault) -> JSONFields {
        guard let value = value[key] else { throw fault(key, nil, "an object") }
        return try JSONFields(value, path: "\(path).\(key)")
    }

    /// A nested object, or `nil` where the field is missing or `null`.
    public func optionalObject(_ key: String) throws(Fault) -> JSONFields? {
        has(key) ? try object(key) : nil
    }
}
