internal import Bundle
internal import Faults
internal import Install
internal import Repository
internal import Sealing
internal import Signing
internal import Trust

/// A bundle in parts, put together again to be verified.
struct BundleParts {
    /// The signed manifest's envelope, byte for byte.
    let envelope: [UInt8]
    /// The list of recipients; empty for an unsealed bundle.
    let recipients: [UInt8]
    /// The manifest, authentic.
    let manifest: Manifest
    /// SHA-256 of the manifest's bytes as they were signed.
    let manifestDigest: Digest

    /// What the repository says of it.
    var target: BundleTarget { BundleTarget(manifest) }
    /// Its target path.
    var path: String { RepositoryLayout.target(manifest) }
    /// Where its index belongs.
    var index: String { RepositoryLayout.index(manifest.index.table) }
    /// Where its pack belongs.
    var pack: String { RepositoryLayout.pack(manifest.index.table) }
    /// Where its recipients belong; `nil` for an unsealed bundle.
    var recipientsPath: String? {
        recipients.isEmpty ? nil : RepositoryLayout.recipients(of: manifest.bundle)
    }

    /// Takes the head of a bundle's file, its signatures verified.
    init(file: any ByteSource, root: VerifiedRoot) throws(Fault) {
        let (preamble, _) = try VerifiedBundle.readEnvelope(file)
        let bundle = try VerifiedBundle.open(file, root: root)
        let head = Int64(Preamble.length)
        envelope = try file.read(at: head, count: preamble.envelope)
        recipients = try file.read(at: preamble.recipientsOffset, count: preamble.recipients)
        manifest = bundle.manifest
        manifestDigest = bundle.manifestDigest
    }

    /// Takes an envelope and a list of recipients that stand apart, the signatures verified.
    init(envelope: [UInt8], recipients: [UInt8], root: VerifiedRoot) throws(Fault) {
        let payload = try DSSEEnvelope(envelope).verify(
            type: .manifest, role: root.keys(of: .targets))
        self.envelope = envelope
        self.recipients = recipients
        manifest = try Manifest(reading: payload.bytes)
        manifestDigest = try SHA256.digest(of: payload.bytes)
    }

    /// Verifies the whole bundle: signatures, list of recipients, index, and each stored chunk as far as
    /// the index can be opened.
    ///
    /// - Parameters:
    ///   - root: the root of trust.
    ///   - key: a recipient's secret key file; `nil` where none is at hand.
    ///   - index: opens the index.
    ///   - pack: opens the pack.
    ///   - progress: told of the bytes of the pack that were read.
    /// - Returns: whether each stored chunk was held against its digest.
    /// - Throws: a `Fault` at the first thing that is not as it must be.
    func verify(
        root: VerifiedRoot, key: String?,
        index: @escaping () throws(Fault) -> any ByteSource,
        pack: @escaping () throws(Fault) -> any ByteSource,
        progress: (_ done: Int64, _ total: Int64) -> Void
    ) throws(Fault) -> Bool {
        let preamble = try Preamble(
            envelope: envelope, recipients: recipients, index: manifest.index.length,
            pack: manifest.packLength)
        let source = PartsSource(
            name: path, isRemote: false, head: try preamble.encoded() + envelope + recipients,
            parts: [
                PartsSource.Part(length: manifest.index.length, open: index),
                PartsSource.Part(length: manifest.packLength, open: pack),
            ])
        let bundle = try VerifiedBundle.open(source, root: root)
        let list = try bundle.recipients()
        try checkPages(of: source, preamble)
        // A pack without a byte is never opened by whoever reads chunks.
        guard try pack().length() == manifest.packLength else {
            throw Fault(.malformed, "The pack does not have the manifest's length.")
        }
        let keys: ContentKeys?
        if manifest.commitment == nil {
            keys = nil
        } else {
            guard let key else { return false }
            let secret: X25519SecretKey? = try KeyFiles.recipientKey(key)
            let id = try KeyFiles.recipientKey(key).publicKey.id()
            guard list.entries.contains(where: { $0.id == id }) else { return false }
            keys = try bundle.openKeys(with: secret)
        }
        try PackCheck.run(bundle, keys: keys) { (done) throws(Fault) in
            progress(done.fetched, done.fetchTotal)
        }
        return true
    }

    /// Holds page table and pages, as they are stored, against the signed manifest.
    private func checkPages(of source: PartsSource, _ preamble: Preamble) throws(Fault) {
        let length = manifest.index.pages * PageTable.entry
        let bytes = try source.read(at: preamble.indexOffset, count: length)
        guard try SHA256.digest(of: bytes) == manifest.index.table else {
            throw Fault(.malformed, "The index's page table is not the one of the manifest.")
        }
        let table = try PageTable(reading: bytes.span, pages: manifest.index.pages)
        guard table.sectionLength == manifest.index.length else {
            throw Fault(
                .malformed,
                "The index has \(table.sectionLength) bytes by its page table, and "
                    + "\(manifest.index.length) by the manifest.")
        }
        for (number, page) in table.pages.enumerated() {
            let bytes = try source.read(
                at: preamble.indexOffset + page.offset, count: page.length)
            guard try SHA256.digest(of: bytes) == page.digest else {
                throw Fault(.malformed, "Page \(number) of the index was altered or damaged.")
            }
        }
    }
}
