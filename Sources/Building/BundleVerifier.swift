internal import Archive
public import Bundle
internal import DurableFiles
public import Faults
internal import Install
public import Sealing
internal import Signing
internal import StrictJSON
internal import Trust
internal import Transport

/// Checks everything about a bundle that can be checked without installing it.
public struct BundleVerifier {
    /// What was found good.
    public struct Report: Sendable {
        /// The manifest, authentic.
        public let manifest: Manifest
        /// SHA-256 of the manifest's bytes as they were signed.
        public let manifestDigest: Digest
        /// The keys that signed, by their ids.
        public let signers: [Digest]
        /// When the root of trust expires, in seconds since 1970.
        public let rootExpires: Int64
        /// What was checked, in words.
        public let checked: [String]
        /// What could not be checked, and why.
        public let unchecked: [String]
    }

    private let bundle: VerifiedBundle
    private let place: IndexPlace
    private let root: VerifiedRoot
    private let reference: ReferenceSummary?
    private let progress: (_ phase: String, _ done: Int64, _ total: Int64) -> Void

    /// Verifies the envelope.
    ///
    /// - Parameters:
    ///   - path: the bundle.
    ///   - root: the root of trust's file.
    ///   - progress: told of phases and of the bytes done in them.
    /// - Throws: a `Fault` of code `malformed`, `unsupported` or `untrusted`.
    public init(
        path: String, root: String,
        progress: @escaping (_ phase: String, _ done: Int64, _ total: Int64) -> Void = { _, _, _ in
        }
    ) throws(Fault) {
        let source = try FileSource(path: path)
        let root = try VerifiedRoot.load(try FilePlace.read(root, limit: RootMetadata.limit))
        bundle = try VerifiedBundle.open(source, root: root)
        place = IndexPlace(
            source: source, preamble: try VerifiedBundle.readEnvelope(source).preamble,
            manifest: bundle.manifest)
        self.root = root
        self.progress = progress
        reference = try bundle.manifest.reference.map { (value) throws(Fault) in
            try ReferenceSummary(value)
        }
    }

    /// Checks index, pack, archive and tree.
    ///
    /// - Parameters:
    ///   - key: a recipient's secret key file; without one only the outside of a sealed bundle can be
    ///     checked.
    ///   - base: of a delta, the full bundle of the version that it builds on, which is unpacked
    ///     beside the delta; without it what is made from that version is not checked.
    /// - Returns: what was and what was not checked.
    /// - Throws: a `Fault` at the first thing that is not as it must be.
    public func verify(key: String? = nil, base: String? = nil) throws(Fault) -> Report {
        let recipients = try bundle.recipients()
        guard bundle.manifest.commitment == nil || key != nil else {
            return try verifyOutside(recipients)
        }
        let secret: X25519SecretKey? =
            if let key { try KeyFiles.recipientKey(key) } else { nil }
        let keys = try bundle.openKeys(with: secret)
        guard let delta = bundle.manifest.delta else {
            guard base == nil else {
                throw Fault(
                    .source, "\(place.source.name) is a full bundle, which builds on nothing.",
                    advice: "Leave --base out.")
            }
            return try verifyContent(keys, ChunkSupply())
        }
        guard let base else { return try verifyDelta(keys) }
        let version = try unpackBase(base, delta, secret)
        return try verifyContent(
            keys, ChunkSupply(local: LocalChunks(runningFiles: version.files, isBase: true)))
    }

    /// What can be checked of a sealed bundle without a key.
    private func verifyOutside(_ recipients: Recipients) throws(Fault) -> Report {
        var pages = 0
        try place.forEachStoredPage { (_, _) throws(Fault) in pages += 1 }
        return report(
            checked: envelopeWords + [
                "the index: stored digests of all \(pages) pages",
                "the list of \(recipients.entries.count) recipients is well formed",
            ],
            unchecked: [
                "the pack and what is in it: the digests are in the sealed index, which a "
                    + "recipient's key opens (--key)"
            ])
    }

    /// Verifies and unpacks the version that a delta builds on.
    private func unpackBase(
        _ path: String, _ delta: Manifest.Delta, _ secret: borrowing X25519SecretKey?
    ) throws(Fault) -> UnpackedVersion {
        let old = try VerifiedBundle.open(try FileSource(path: path), root: root)
        guard old.manifest.tree.digest == delta.baseTree else {
            throw Fault(
                .source,
                "\(path) is version \(old.manifest.version) (tree "
                    + "\(old.manifest.tree.digest.short)…); the delta builds on "
                    + "\(delta.baseVersion) (tree \(delta.baseTree.short)…).",
                advice: "Name the full bundle of version \(delta.baseVersion).")
        }
        let keys = try old.openKeys(with: secret)
        let progress = progress
        return try UnpackedVersion.unpack(
            old, keys: keys, beside: place.source.name, suffix: "base"
        ) { progress("Unpacking the base", $0, $1) }
    }

    /// What can be checked of a delta without the version that it builds on.
    private func verifyDelta(_ keys: borrowing ContentKeys?) throws(Fault) -> Report {
        let progress = progress
        try PackCheck.run(bundle, keys: keys) { (done) throws(Fault) in
            progress("Verifying", done.fetched, done.fetchTotal)
        }
        let base = bundle.manifest.delta
        return report(
            checked: envelopeWords + [
                "the index: all pages and \(bundle.manifest.index.chunks) chunks",
                "the pack: the stored digest of every chunk",
            ],
            unchecked: [
                "what the chunks decode to, the archive and the tree: that takes the version that "
                    + "the delta builds on, \(base?.baseVersion ?? "") (tree "
                    + "\(base?.baseTree.hex ?? "")); name its bundle by --base"
            ])
    }

    private func verifyContent(
        _ keys: borrowing ContentKeys?, _ supply: ChunkSupply
    ) throws(Fault) -> Report {
        let manifest = bundle.manifest
        let progress = progress
        let documents = ProvenanceCheck(manifest)
        let receiver = try DocumentReceiver(documents.embedded) { (document, bytes) throws(Fault) in
            try documents.check(document, bytes)
        }
        try bundle.unpack(keys: keys, supply: supply, into: receiver) { (done) throws(Fault) in
            progress("Verifying", done.plain, done.plainTotal)
        }
        try receiver.requireAll()
        let found = try receiver.tree.finish()
        let said = manifest.tree
        guard found.digest == said.digest else {
            throw Fault(
                .malformed,
                "The tree has the digest \(found.digest.hex); the manifest says \(said.digest.hex)."
            )
        }
        guard found.entries == said.entries, found.bytes == said.bytes,
            found.diskBytes == said.diskBytes
        else {
            throw Fault(
                .malformed,
                "The tree has \(found.entries) entries of \(found.bytes) bytes (\(found.diskBytes) on "
                    + "disk); the manifest says \(said.entries) of \(said.bytes) (\(said.diskBytes))."
            )
        }
        return report(
            checked: envelopeWords + [
                "the index: all pages and \(manifest.index.chunks) chunks",
                "the pack: stored and plain digest of every chunk",
                "the archive: every entry by the device's rules, and the stream's digest",
                "the tree digest",
            ] + (try documents.finish(receiver.tree)), unchecked: [])
    }

    private var envelopeWords: [String] {
        let count = bundle.signers.count
        return ["the envelope: \(count) accepted signature\(count == 1 ? "" : "s")"]
            + (reference.map { ["the reference: \($0.predictions) predictions"] } ?? [])
    }

    private func report(checked: [String], unchecked: [String]) -> Report {
        Report(
            manifest: bundle.manifest, manifestDigest: bundle.manifestDigest,
            signers: bundle.signers, rootExpires: root.expires, checked: checked,
            unchecked: unchecked)
    }
}
