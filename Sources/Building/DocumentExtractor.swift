internal import Archive
public import Bundle
internal import DurableFiles
public import Faults
internal import Install
internal import Sealing
internal import Signing
internal import Transport
internal import Trust

/// Takes a document out of a bundle that a root of trust vouches for.
public struct DocumentExtractor {
    private let path: String
    private let bundle: VerifiedBundle

    /// Verifies the envelope.
    ///
    /// - Parameters:
    ///   - path: the bundle.
    ///   - root: the root of trust's file.
    /// - Throws: a `Fault` of code `malformed`, `unsupported` or `untrusted`.
    public init(path: String, root: String) throws(Fault) {
        self.path = path
        let root = try VerifiedRoot.load(try FilePlace.read(root, limit: RootMetadata.limit))
        bundle = try VerifiedBundle.open(try FileSource(path: path), root: root)
    }

    /// Writes a document to a file.
    ///
    /// The whole archive is read on the way, as what is in it is known to be whole only then.
    ///
    /// - Parameters:
    ///   - name: the document's name.
    ///   - output: the file; one that exists is replaced at the very end.
    ///   - key: a recipient's secret key file, for a sealed bundle.
    ///   - progress: told of the bytes read, and of how many.
    /// - Returns: the document.
    /// - Throws: a `Fault` of code `not-found` where the bundle does not have the document in it,
    ///   `malformed` where it is not what the manifest says, or of keys or the disk.
    public func write(
        _ name: String, to output: String, key: String?,
        progress: @escaping (Int64, Int64) -> Void = { _, _ in }
    ) throws(Fault) -> ProvenanceDocument {
        let document = try find(name)
        guard bundle.manifest.delta == nil else {
            throw Fault(
                .source,
                "\(path) is a delta, in which the document cannot be read by itself.",
                advice: "Take it from the full bundle of version \(bundle.manifest.version), whose "
                    + "manifest names the same.")
        }
        var content: [UInt8]?
        let receiver = try DocumentReceiver([document]) { (_, bytes) throws(Fault) in
            content = bytes
        }
        let secret: X25519SecretKey? =
            if let key { try KeyFiles.recipientKey(key) } else { nil }
        let keys = try bundle.openKeys(with: secret)
        try bundle.unpack(keys: keys, into: receiver) { (done) throws(Fault) in
            progress(done.plain, done.plainTotal)
        }
        try receiver.requireAll()
        guard let content else { throw Fault(.internalError, "The document was not read.") }
        var file = try OutputFile.begin(output)
        try file.write(content.span)
        try file.commit()
        return document
    }

    private func find(_ name: String) throws(Fault) -> ProvenanceDocument {
        let documents = try bundle.manifest.documents()
        guard let document = documents.first(where: { $0.name == name }) else {
            let names = documents.map(\.name).joined(separator: ", ")
            throw Fault(
                .notFound, "\(path) has no document “\(name)”.",
                advice: documents.isEmpty ? "It has none at all." : "It has: \(names).")
        }
        if case .address(let uri) = document.place {
            throw Fault(
                .notFound, "The document \(name) is not in the bundle; it is at \(uri).",
                advice: "Fetch it from there and compare: its SHA-256 is \(document.digest.hex).")
        }
        return document
    }
}
