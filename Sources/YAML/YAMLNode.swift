// YAML: reads configuration files strictly and within bounds, over libyaml's events. Knows no schema.

/// A place in a text, both counted from 1; columns count characters.
public struct YAMLPosition: Sendable, Equatable {
    /// The line.
    public let line: Int
    /// The column.
    public let column: Int

    /// Makes a position.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// A value of a YAML text, with the place where it begins.
public struct YAMLNode: Sendable, Equatable {
    /// What a value can be.
    public enum Kind: Sendable, Equatable {
        /// A text; only a plain one, written without quotes, may be read as a number or boolean.
        case scalar(String, isPlain: Bool)
        /// A list.
        case sequence([YAMLNode])
        /// Keys with values in the order read, each key once.
        case mapping([Pair])
    }

    /// A key with its value.
    public struct Pair: Sendable, Equatable {
        /// The key.
        public let key: String
        /// Where the key begins.
        public let position: YAMLPosition
        /// The value.
        public let value: YAMLNode
    }

    /// What it is.
    public let kind: Kind
    /// Where it begins.
    public let position: YAMLPosition

    /// The line where it begins, from 1.
    public var line: Int { position.line }

    /// The column where it begins, from 1.
    public var column: Int { position.column }

    /// The value of a mapping's key; `nil` where there is none or this is no mapping.
    public subscript(key: String) -> YAMLNode? {
        guard case .mapping(let pairs) = kind else { return nil }
        return pairs.first { $0.key == key }?.value
    }

    /// Whether nothing was written: an empty plain value, `~` or `null`.
    public var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = kind else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// What it is, for messages.
    var described: String {
        switch kind {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .scalar: isNull ? "empty" : "a text"
        }
    }
}
