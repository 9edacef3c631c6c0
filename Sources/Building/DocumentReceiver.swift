internal import Archive
internal import Bundle
internal import Faults
internal import Sealing

/// Takes the documents that a manifest names out of an archive, and computes the tree's digest.
///
/// It holds one document at a time, which is no longer than the manifest says.
final class DocumentReceiver: EntryReceiver {
    /// What the tree is.
    let tree: TreeDigestReceiver
    private var wanted: [String: ProvenanceDocument] = [:]
    private let take: (ProvenanceDocument, [UInt8]) throws(Fault) -> Void
    private var current: (document: ProvenanceDocument, bytes: [UInt8])?

    /// Begins a tree.
    ///
    /// - Parameters:
    ///   - documents: those that stand in the tree; others are passed over.
    ///   - take: is given each, when it is whole and has its digest.
    /// - Throws: a `Fault` where libcrypto has no SHA-256.
    init(
        _ documents: [ProvenanceDocument],
        take: @escaping (ProvenanceDocument, [UInt8]) throws(Fault) -> Void
    ) throws(Fault) {
        tree = try TreeDigestReceiver()
        self.take = take
        for document in documents {
            if case .tree(let path) = document.place { wanted[path] = document }
        }
    }

    func begin(_ entry: ArchiveEntry) throws(Fault) {
        try tree.begin(entry)
        guard let document = wanted.removeValue(forKey: entry.path) else { return }
        guard entry.kind == .file, entry.size == document.size else {
            throw Fault(
                .malformed,
                "“\(entry.path)” is a file of \(document.size ?? 0) bytes by the manifest; the "
                    + "archive has \(entry.kind == .file ? "\(entry.size)" : "no file") there.")
        }
        current = (document, [])
    }

    func data(_ bytes: Span<UInt8>, at offset: Int64) throws(Fault) {
        try tree.data(bytes, at: offset)
        guard current != nil else { return }
        for index in bytes.indices { current?.bytes.append(bytes[index]) }
    }

    func end() throws(Fault) {
        try tree.end()
        guard let (document, bytes) = current.take() else { return }
        let digest = try SHA256.digest(of: bytes)
        guard digest == document.digest else {
            throw Fault(
                .malformed,
                "The document \(document.name) has the digest \(digest.hex); the manifest says "
                    + "\(document.digest.hex).")
        }
        try take(document, bytes)
    }

    /// Refuses a tree that has ended without one of the documents.
    func requireAll() throws(Fault) {
        guard let path = wanted.keys.min() else { return }
        throw Fault(
            .malformed,
            "The manifest names a document at “\(path)”, and the tree has no such file.")
    }
}
