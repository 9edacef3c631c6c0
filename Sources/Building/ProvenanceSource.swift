internal import Bundle
internal import DurableFiles
internal import Faults
internal import Sealing
internal import YAML

/// A document on a version's origin, as the description names it.
struct ProvenanceSource: Sendable {
    /// Where the builder finds the document, and where its reader will.
    enum Place: Sendable {
        /// A file beside the description, which goes into the tree.
        case embedded(file: String, path: String)
        /// A file of the tree already.
        case inTree(path: String)
        /// Elsewhere; the builder reads the same document from a file, where one is named.
        case outside(uri: String, file: String?)
    }

    /// The directory in the tree where embedded documents go by default.
    static let directory = "provenance"

    let name: String
    let place: Place
    /// What the document must be; `nil` where what it is decides.
    let kind: ProvenanceDocument.Kind?
    /// The digest that it must have; `nil` where what it is decides.
    let digest: Digest?
    /// The mapping that says so, and its key that names the document, for messages.
    let fields: YAMLFields
    let key: String

    /// The source of the tree that brings the document in.
    var treeSource: TreeSource? {
        guard case .embedded(let file, let path) = place else { return nil }
        return TreeSource(from: file, to: path, mode: 0o644, fields: fields, key: key)
    }

    /// Reads the list of a description.
    ///
    /// - Parameter fields: the whole description.
    /// - Returns: its documents; none where it names none.
    /// - Throws: a fault of code `source` at the place in the description.
    static func read(_ fields: YAMLFields) throws(Fault) -> [ProvenanceSource] {
        guard fields.has("provenance") else { return [] }
        var sources: [ProvenanceSource] = []
        let limit = ProvenanceDocument.countLimit
        for entry in try fields.mappings("provenance", limit: limit) {
            let source = try ProvenanceSource(entry)
            guard !sources.contains(where: { $0.name == source.name }) else {
                throw entry.fault(
                    entry.has("name") ? "name" : source.key,
                    "gives the document the name “\(source.name)”, which another one has",
                    advice: "Give each its own “name”.")
            }
            sources.append(source)
        }
        return sources
    }

    private init(_ fields: YAMLFields) throws(Fault) {
        try fields.refuseUnknownKeys(known: [
            "name", "file", "to", "path", "uri", "kind", "sha256",
        ])
        self.fields = fields
        let place = try ProvenanceSource.place(fields)
        self.place = place
        let named: String
        switch place {
        case .embedded(let file, _): (key, named) = ("file", file)
        case .inTree(let path): (key, named) = ("path", path)
        case .outside(let uri, _): (key, named) = ("uri", uri)
        }
        name = try ProvenanceSource.name(fields, key, named)
        if fields.has("kind") {
            let kinds = ProvenanceDocument.Kind.allCases.map(\.rawValue)
            kind = .init(rawValue: try fields.enumeration("kind", allowed: kinds))
        } else {
            kind = nil
        }
        if let text = try fields.optionalString("sha256", limit: 64) {
            guard let digest = Digest(hex: text) else {
                throw fields.fault(
                    "sha256", "is “\(text)”; 64 lower-case hexadecimal digits were expected")
            }
            self.digest = digest
        } else {
            digest = nil
        }
        if case .outside(_, nil) = place, kind == nil || digest == nil {
            throw fields.fault(
                kind == nil ? "kind" : "sha256",
                "is missing for a document that is only referenced, which the builder does not read",
                advice: "Give “kind” and “sha256”, or the document itself as “file”.")
        }
    }

    private static func place(_ fields: YAMLFields) throws(Fault) -> Place {
        func refuse(_ key: String, beside other: String) throws(Fault) {
            guard fields.has(key) else { return }
            throw fields.fault(key, "does not go with “\(other)”")
        }
        if fields.has("path") {
            for key in ["file", "to", "uri"] { try refuse(key, beside: "path") }
            return .inTree(path: try fields.string("path", limit: BundleLimits.pathBytes))
        }
        if fields.has("uri") {
            try refuse("to", beside: "uri")
            let uri = try fields.string("uri", limit: ProvenanceDocument.textLimit)
            guard ProvenanceDocument.isAddress(uri) else {
                throw fields.fault(
                    "uri",
                    "is “\(uri.prefix(80))”; an address was expected: a scheme, a colon and printable "
                        + "ASCII without spaces")
            }
            return .outside(uri: uri, file: try fields.optionalString("file"))
        }
        guard fields.has("file") else {
            throw fields.fault(
                "file", "is missing; “file”, “path” or “uri” was expected")
        }
        let file = try fields.string("file")
        let own = try TreeSource(from: file, to: "", mode: nil, fields: fields, key: "file").ownName
        guard let to = try fields.optionalString("to", limit: BundleLimits.pathBytes) else {
            return .embedded(file: file, path: "\(directory)/\(own)")
        }
        return .embedded(file: file, path: to.hasSuffix("/") ? to + own : to)
    }

    private static func name(
        _ fields: YAMLFields, _ key: String, _ named: String
    ) throws(Fault) -> String {
        if let name = try fields.optionalString("name", limit: 64) {
            guard Manifest.isName(name) else {
                throw fields.fault(
                    "name",
                    "is “\(name)”; letters, digits and . _ + - were expected, not beginning with a "
                        + "dot or dash")
            }
            return name
        }
        let name = String(named.split(separator: "/").last ?? "")
        guard Manifest.isName(name) else {
            throw fields.fault(
                key, "ends in “\(name.prefix(80))”, which cannot be the document's name",
                advice: "Give it a “name” of at most 64 letters, digits and . _ + -.")
        }
        return name
    }
}

extension TreeSource {
    /// The name of the file that it brings.
    fileprivate var ownName: String {
        get throws(Fault) {
            do throws(Fault) { return try FilePlace(from).name } catch { throw fault(error) }
        }
    }
}
