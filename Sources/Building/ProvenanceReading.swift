internal import Archive
internal import Bundle
internal import DurableFiles
internal import Faults
internal import Sealing
internal import YAML

/// Reads the documents that a description names, and holds them against the tree that was packed.
struct ProvenanceReading {
    /// A document, and what it says of itself where it was read.
    private struct Entry {
        let source: ProvenanceSource
        let document: ProvenanceDocument
        let subjects: [ProvenanceContent.Subject]
    }

    private var entries: [Entry] = []

    /// The documents, as the manifest names them.
    var documents: [ProvenanceDocument] { entries.map(\.document) }

    /// Reads all documents that can be read.
    ///
    /// - Parameters:
    ///   - sources: what the description names.
    ///   - tree: the tree, put together.
    ///   - directory: the description's directory.
    /// - Throws: a fault of code `source` at the document's place in the description.
    init(
        _ sources: [ProvenanceSource], tree: borrowing SourceTree, below directory: String
    ) throws(Fault) {
        for source in sources {
            switch source.place {
            case .embedded(_, let path), .inTree(let path):
                let bytes = try ProvenanceReading.read(path, of: tree, for: source)
                entries.append(try ProvenanceReading.entry(source, bytes, .tree(path: path)))
            case .outside(let uri, let file?):
                let path = SourceTree.resolve(file, below: directory)
                let bytes = try source.blaming("file") { () throws(Fault) in
                    try FilePlace.read(path, limit: ProvenanceDocument.byteLimit)
                }
                entries.append(try ProvenanceReading.entry(source, bytes, .address(uri)))
            case .outside(let uri, nil):
                guard let kind = source.kind, let digest = source.digest else { continue }
                let document = ProvenanceDocument(
                    name: source.name, kind: kind, digest: digest, place: .address(uri))
                entries.append(Entry(source: source, document: document, subjects: []))
            }
        }
    }

    /// Holds what was packed against what was read before, and the statements against the tree.
    ///
    /// - Parameter tree: told of all entries of the archive.
    /// - Returns: what the statements say of the tree, one for each document that has subjects.
    /// - Throws: a fault of code `source`.
    func check(_ tree: TreeDigestReceiver) throws(Fault) -> [SubjectMatch] {
        var matches: [SubjectMatch] = []
        let files = entries.contains { !$0.subjects.isEmpty } ? tree.fileDigests : []
        for entry in entries {
            if case .tree(let path) = entry.document.place,
                tree.digest(ofFile: path) != entry.document.digest
            {
                throw entry.source.fields.fault(
                    entry.source.key, "was changed while the bundle was built",
                    advice: "Build again when nothing writes to the tree.")
            }
            guard !entry.subjects.isEmpty else { continue }
            matches.append(
                try entry.source.blaming(entry.source.key) { () throws(Fault) in
                    try SubjectMatch(
                        document: entry.document.name, entry.subjects, tree: tree, files: files)
                })
        }
        return matches
    }

    private static func read(
        _ path: String, of tree: borrowing SourceTree, for source: ProvenanceSource
    ) throws(Fault) -> [UInt8] {
        guard let entry = tree.entries.first(where: { $0.archive.path == path }) else {
            throw source.fields.fault(source.key, "names “\(path)”, which is not in the tree")
        }
        guard entry.archive.kind == .file else {
            throw source.fields.fault(
                source.key, "names “\(path)”, which is a directory or a link; a file was expected")
        }
        let limit = Int64(ProvenanceDocument.byteLimit)
        guard entry.archive.size <= limit else {
            throw source.fields.fault(
                source.key,
                "names a document of \(entry.archive.size) bytes; at most \(limit) are read",
                advice: "Put it at an address, and give “uri”, “kind” and “sha256”.")
        }
        let file = try tree.open(entry)
        var bytes = [UInt8](repeating: 0, count: Int(entry.archive.size))
        let count = try file.read(at: 0, into: &bytes, count: bytes.count, path)
        return Array(bytes[..<count])
    }

    private static func entry(
        _ source: ProvenanceSource, _ bytes: [UInt8], _ place: ProvenanceDocument.Place
    ) throws(Fault) -> Entry {
        let key = source.fields.has("file") ? "file" : source.key
        let content = try source.blaming(key) { () throws(Fault) in
            try ProvenanceContent.read(bytes)
        }
        if let kind = source.kind, kind != content.kind {
            throw source.fields.fault(
                "kind", "is “\(kind.rawValue)”; the document is \(content.kind.rawValue)")
        }
        let digest = try SHA256.digest(of: bytes)
        if let said = source.digest, said != digest {
            throw source.fields.fault(
                "sha256", "is \(said.hex); the document has \(digest.hex)")
        }
        let document = ProvenanceDocument(
            name: source.name, kind: content.kind, version: content.version,
            predicateType: content.predicateType, envelope: content.envelope, digest: digest,
            size: Int64(bytes.count), place: place)
        return Entry(source: source, document: document, subjects: content.subjects)
    }
}

extension ProvenanceSource {
    /// Tells a fault from below at the document's place in the description.
    fileprivate func blaming<Result>(
        _ key: String, _ body: () throws(Fault) -> Result
    ) throws(Fault) -> Result {
        do throws(Fault) {
            return try body()
        } catch {
            let place = TreeSource(from: "", to: "", mode: nil, fields: fields, key: key)
            throw place.fault(error)
        }
    }
}
