public import StrictJSON

/// What this machine says of itself, all of it each time.
///
/// gooseBit forgets what a message leaves out, whatever its `mode`; hawkBit takes at most 100
/// attributes of 128 characters.
public struct ConfigData: Sendable, Equatable {
    /// The most attributes.
    public static let limit = 100
    /// The longest name and value, in characters.
    public static let length = 128

    /// The attributes, sorted by name.
    public let attributes: [(name: String, value: String)]

    /// Takes attributes; what a server would refuse is shortened or replaced.
    ///
    /// - Parameter attributes: in order of importance: of two with one name the first counts, and
    ///   what is too many is left out.
    public init(_ attributes: [(String, String)]) {
        var seen: Set<String> = []
        var kept: [(name: String, value: String)] = []
        for (name, value) in attributes where kept.count < ConfigData.limit {
            let name = ConfigData.plain(name)
            guard !name.isEmpty, seen.insert(name).inserted else { continue }
            kept.append((name, ConfigData.plain(value)))
        }
        self.attributes = kept.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Two are equal where they say the same.
    public static func == (left: ConfigData, right: ConfigData) -> Bool {
        left.json == right.json
    }

    /// The document.
    public var json: JSONValue {
        .members([
            ("mode", .string("replace")),
            ("data", .members(attributes.map { ($0.name, .string($0.value)) })),
        ])
    }

    /// Visible ASCII, at most ``length`` characters.
    private static func plain(_ text: String) -> String {
        var plain = ""
        for scalar in text.unicodeScalars.prefix(length) {
            plain.unicodeScalars.append((0x20...0x7E).contains(scalar.value) ? scalar : "?")
        }
        return plain
    }
}
