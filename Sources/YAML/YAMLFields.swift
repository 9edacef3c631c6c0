public import Faults

/// A mapping that is being read key by key, which knows where it stands for its messages.
///
/// Every getter throws a `Fault` of the reader's code that begins with file, line and column
/// and names the key's whole path (`smoke.deadline`), what was found and what was expected.
public struct YAMLFields: Sendable {
    /// Where the mapping stands, for messages: `smoke`; empty at the top.
    public let path: String
    /// Where the mapping begins.
    public let position: YAMLPosition
    /// Its keys and values in the order read.
    public let pairs: [YAMLNode.Pair]
    private let file: YAMLFile

    init(_ node: YAMLNode, path: String, file: YAMLFile) throws(Fault) {
        guard case .mapping(let pairs) = node.kind else {
            let name = path.isEmpty ? "The top of the file" : "“\(path)”"
            throw file.fault(
                node.position, "\(name) is \(node.described); a mapping was expected.")
        }
        self.path = path
        self.position = node.position
        self.pairs = pairs
        self.file = file
    }

    init(pairs: [YAMLNode.Pair], file: YAMLFile) {
        self.path = ""
        self.position = YAMLPosition(line: 1, column: 1)
        self.pairs = pairs
        self.file = file
    }

    /// The keys in the order read.
    public var keys: [String] { pairs.map(\.key) }

    /// The value of a key; `nil` where it is missing.
    public func node(_ key: String) -> YAMLNode? { pairs.first { $0.key == key }?.value }

    /// Whether the key is there with a value that is not empty.
    public func has(_ key: String) -> Bool { node(key).map { !$0.isNull } ?? false }

    /// A key's whole path, for messages.
    private func name(_ key: String) -> String {
        shown(path.isEmpty ? key : "\(path).\(key)")
    }

    /// A fault at the place of a key's value, for checks that only the caller can make.
    ///
    /// - Parameters:
    ///   - key: the key; where it is missing, the mapping's place is named.
    ///   - problem: what follows the key's name in the sentence: `is a directory; a file was expected`.
    ///   - advice: what to do about it.
    /// - Returns: the fault, of the reader's code.
    public func fault(_ key: String, _ problem: String, advice: String = "") -> Fault {
        file.fault(
            node(key)?.position ?? position, "\(name(key)) \(problem).", advice: advice)
    }

    /// A fault at the place of a list's element.
    ///
    /// - Parameters:
    ///   - key: the list's key.
    ///   - number: the element's number, from 0; where there is none, the list's place is named.
    ///   - problem: what follows the element's name in the sentence.
    ///   - advice: what to do about it.
    /// - Returns: the fault, of the reader's code.
    public func fault(
        _ key: String, element number: Int, _ problem: String, advice: String = ""
    ) -> Fault {
        guard case .sequence(let nodes)? = node(key)?.kind, nodes.indices.contains(number) else {
            return fault(key, problem, advice: advice)
        }
        return file.fault(
            nodes[number].position, "\(name("\(key)[\(number)]")) \(problem).", advice: advice)
    }

    /// The text of a scalar, and whether it is plain.
    func scalar(_ key: String, _ expected: String) throws(Fault) -> (text: String, isPlain: Bool) {
        guard let node = node(key) else {
            throw fault(key, "is missing; \(expected) was expected")
        }
        guard case .scalar(let text, let isPlain) = node.kind, !node.isNull else {
            throw fault(key, "is \(node.described); \(expected) was expected")
        }
        return (text, isPlain)
    }

    /// A text of at most `limit` UTF-8 bytes, with or without quotes.
    public func string(_ key: String, limit: Int = 4096) throws(Fault) -> String {
        let text = try scalar(key, "a text").text
        guard text.utf8.count <= limit else {
            throw fault(key, "has \(text.utf8.count) bytes; at most \(limit) are accepted")
        }
        return text
    }

    /// A text, or `nil` where the key is missing or empty.
    public func optionalString(_ key: String, limit: Int = 4096) throws(Fault) -> String? {
        has(key) ? try string(key, limit: limit) : nil
    }

    /// The list of a key's values, at most `limit`.
    public func sequence(_ key: String, limit: Int = 1000) throws(Fault) -> [YAMLNode] {
        guard let node = node(key) else { throw fault(key, "is missing; a list was expected") }
        guard case .sequence(let nodes) = node.kind else {
            throw fault(key, "is \(node.described); a list was expected")
        }
        guard nodes.count <= limit else {
            throw fault(key, "has \(nodes.count) elements; at most \(limit) are accepted")
        }
        return nodes
    }

    /// A list of texts: at most `limit`, of at most `length` bytes each.
    public func strings(
        _ key: String, limit: Int = 1000, length: Int = 4096
    ) throws(Fault) -> [String] {
        var strings: [String] = []
        for (number, node) in try sequence(key, limit: limit).enumerated() {
            guard case .scalar(let text, _) = node.kind, !node.isNull,
                text.utf8.count <= length
            else {
                throw file.fault(
                    node.position,
                    "\(name("\(key)[\(number)]")) is \(node.described); a text of at most "
                        + "\(length) bytes was expected.")
            }
            strings.append(text)
        }
        return strings
    }

    /// A nested mapping.
    public func mapping(_ key: String) throws(Fault) -> YAMLFields {
        guard let node = node(key) else { throw fault(key, "is missing; a mapping was expected") }
        return try YAMLFields(
            node, path: path.isEmpty ? key : "\(path).\(key)", file: file)
    }

    /// A nested mapping, or `nil` where the key is missing or empty.
    public func optionalMapping(_ key: String) throws(Fault) -> YAMLFields? {
        has(key) ? try mapping(key) : nil
    }

    /// A list of mappings, at most `limit`.
    public func mappings(_ key: String, limit: Int = 1000) throws(Fault) -> [YAMLFields] {
        var mappings: [YAMLFields] = []
        for (number, node) in try sequence(key, limit: limit).enumerated() {
            let element = "\(key)[\(number)]"
            mappings.append(
                try YAMLFields(
                    node, path: path.isEmpty ? element : "\(path).\(element)", file: file))
        }
        return mappings
    }

    /// Refuses every key but the known ones, and says which one was probably meant.
    ///
    /// - Parameter known: the keys that this mapping may have.
    /// - Throws: a `Fault` at the first unknown key.
    public func refuseUnknownKeys(known: [String]) throws(Fault) {
        for pair in pairs where !known.contains(pair.key) {
            let near = Spelling.nearest(to: pair.key, among: known)
            let place = path.isEmpty ? "here" : "in “\(path)”"
            throw file.fault(
                pair.position,
                "\(shown(pair.key)) is not known \(place)"
                    + (near.map { "; did you mean “\($0)”?" } ?? "."),
                advice: near == nil ? "Known are: \(known.joined(separator: ", "))." : "")
        }
    }
}
