internal import Archive
public import Bundle
internal import DurableFiles
public import Faults
public import Sealing
internal import Signing
internal import StrictJSON
internal import Telemetry
internal import Trust
internal import YAML

/// Builds bundles.
///
/// A tree is read once, as a stream: archive, chunks, codec, seal, pack. Memory is bounded whatever
/// the tree's size; the pack is spooled beside the output, and nothing stands under the output's name
/// until it is whole. An unsealed build of the same description and tree gives the same bytes.
public struct BundleBuilder {
    private let description: BuildDescription
    private let options: BuildOptions
    private let progress: (_ phase: String, _ done: Int64, _ total: Int64) -> Void

    /// Sets a build up.
    ///
    /// - Parameters:
    ///   - description: what is to be built.
    ///   - options: keys, recipients and the like.
    ///   - progress: told of phases and of the bytes done in them.
    public init(
        _ description: BuildDescription, options: BuildOptions,
        progress: @escaping (_ phase: String, _ done: Int64, _ total: Int64) -> Void = { _, _, _ in
        }
    ) {
        self.description = description
        self.options = options
        self.progress = progress
    }

    /// What was built.
    public struct Result: Sendable {
        /// The manifest.
        public let manifest: Manifest
        /// SHA-256 of the manifest's bytes as they were signed.
        public let manifestDigest: Digest
        /// Bytes of the file.
        public let fileLength: Int64
        /// How many signatures the envelope has.
        public let signatures: Int
        /// How many recipients there are.
        public let recipients: Int
        /// What is in the reference, and how long its validation run took; `nil` without one.
        public internal(set) var reference: ReferenceReport?
        /// How the in-toto statements that were read fit the tree.
        public internal(set) var subjects: [SubjectMatch] = []
    }

    /// Builds a bundle.
    ///
    /// - Parameter path: the file to write; one that exists is replaced at the very end.
    /// - Returns: what was built.
    /// - Throws: a `Fault` of code `source` for a tree or description that is not
    ///   acceptable, or of keys or the disk.
    public func build(to path: String) throws(Fault) -> Result {
        let tree = try SourceTree.assemble(description.sources, below: description.directory)
        try checkSize(tree)
        let checks = try TreeChecks(tree, description)
        let smoke = try checks.complete(description.smoke)
        try checks.check(description.seal)
        let provenance = try ProvenanceReading(
            description.provenance, tree: tree, below: description.directory)
        let recipients = try allRecipients()
        // Packing can take minutes; a key that cannot be used is better said before.
        _ = try PayloadSigner.sign([], type: .manifest, keyFiles: options.signingKeys)
        let reference = try ReferenceMaker(description, progress: progress).make(
            tree, beside: path)
        guard !recipients.isEmpty else {
            return try build(
                tree, smoke, reference, provenance, to: path, contentKey: nil, recipients: [])
        }
        let contentKey = try SecretBytes.random(count: Recipients.contentKeyLength)
        return try build(
            tree, smoke, reference, provenance, to: path, contentKey: contentKey,
            recipients: recipients)
    }

    /// Refuses before it is read what cannot fit, however it is cut.
    private func checkSize(_ tree: borrowing SourceTree) throws(Fault) {
        let largest = description.chunks.maximum
        guard tree.bytes / Int64(largest) >= Int64(BundleLimits.chunks) else { return }
        throw Fault(
            .source,
            "The tree has \(tree.bytes) bytes; \(BundleLimits.chunks) chunks of at most \(largest) "
                + "bytes are the most that a bundle has.",
            advice: "Raise the chunk size (“chunks:”), or ship less in one version.")
    }

    /// The recipients of a sealed build; none of an unsealed one.
    private func allRecipients() throws(Fault) -> [X25519PublicKey] {
        guard options.isSealed else { return [] }
        var keys = options.recipients
        for path in description.recipients { keys.append(try KeyFiles.recipientPublicKey(path)) }
        guard !keys.isEmpty else {
            throw description.fields.fault(
                "seal", "names nobody who could open the bundle",
                advice: "Name recipients' public keys (“seal: recipients:” or --recipient), or say "
                    + "--no-seal.")
        }
        return keys
    }

    private func build(
        _ tree: borrowing SourceTree, _ smoke: SmokeSpecification, _ reference: MadeReference?,
        _ provenance: ProvenanceReading, to path: String, contentKey: consuming SecretBytes?,
        recipients: [X25519PublicKey]
    ) throws(Fault) -> Result {
        var list = Recipients()
        var keys: ContentKeys?
        var commitment: Digest?
        var bundle = [UInt8](repeating: 0, count: BundleID.length)
        if let contentKey {
            bundle = try randomBytes(count: BundleID.length)
            for key in recipients { try list.add(key, contentKey: contentKey) }
            let derived = try ContentKeys(contentKey: contentKey, bundle: bundle)
            commitment = derived.commitment
            keys = consume derived
        }
        var output = try OutputFile.begin(path)
        let pack = try PackWriter(
            spool: try OutputFile.spool(beside: path), level: options.level ?? description.level,
            workers: options.workers, keys: keys)
        let sink = try StreamSink(pack, sizes: description.chunks)
        let digest = try stream(tree, to: sink)
        let summary = try digest.finish()
        let subjects = try provenance.check(digest)
        try reference?.checkModel(among: digest.fileDigests)
        let stream = Manifest.Stream(length: sink.length, digest: try sink.finish())
        let finish = BundleFinish(
            signingKeys: options.signingKeys, recipients: list, progress: progress)
        var result = try finish.write(pack, keys: keys, to: &output) { index in
            manifest(
                bundle: bundle, smoke, summary, stream, index: index, packLength: pack.length,
                commitment: commitment, reference: reference?.value.json,
                provenance: provenance.documents)
        }
        result.reference = reference?.report
        result.subjects = subjects
        return result
    }

    /// Sends the tree's archive through the sink.
    private func stream(
        _ tree: borrowing SourceTree, to sink: StreamSink
    ) throws(Fault) -> TreeDigestReceiver {
        let digest = try TreeDigestReceiver()
        var writer = try ArchiveWriter.to(sink)
        var copier = FileCopier(total: tree.bytes, progress: progress)
        for entry in tree.entries {
            let isSealed = description.seal.seals(entry.archive.path)
            sink.beginHeader(isSealed: isSealed)
            try writer.begin(entry.archive)
            try digest.begin(entry.archive)
            if entry.archive.kind == .file, entry.archive.size > 0 {
                try sink.cut(isSealed: isSealed)
                try copier.copy(try tree.open(entry), of: entry.archive, to: &writer, digest)
                try sink.cut(isSealed: false)
            }
            try writer.finishEntry()
            try digest.end()
        }
        try writer.close()
        return digest
    }

    private func manifest(
        bundle: [UInt8], _ smoke: SmokeSpecification, _ tree: TreeSummary,
        _ stream: Manifest.Stream, index: Manifest.Index, packLength: Int64, commitment: Digest?,
        reference: JSONValue?, provenance: [ProvenanceDocument]
    ) -> Manifest {
        Manifest(
            bundle: bundle, application: description.application, version: description.version,
            releaseCounter: description.releaseCounter, summary: description.summary,
            compatible: description.compatible, requirements: description.requirements,
            tree: Manifest.Tree(
                digest: tree.digest, entries: tree.entries, bytes: tree.bytes,
                diskBytes: tree.diskBytes),
            stream: stream, index: index, packLength: packLength, commitment: commitment,
            smoke: smoke, probation: description.probation, reference: reference,
            provenance: Manifest.provenance(provenance))
    }
}
