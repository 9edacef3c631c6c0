internal import Archive
public import Bundle
internal import DurableFiles
public import Faults
internal import Install
internal import Sealing
internal import Signing
internal import StrictJSON
internal import Transport
internal import Trust

/// Makes the delta of a version to the one before: a bundle that is small where little changed.
///
/// Both full bundles are verified and unpacked beside the output. Each file of the new version is
/// held against the old one, cut into chunks where what it came from changes, and each chunk is
/// encoded in the way that makes it smallest. The archive stream is the full bundle's, to the byte.
/// An unsealed delta of the same two bundles is the same bytes, whatever the number of workers.
public struct DeltaBuilder {
    private let options: DeltaOptions
    private let progress: (_ phase: String, _ done: Int64, _ total: Int64) -> Void

    /// Sets the making of a delta up.
    ///
    /// - Parameters:
    ///   - options: root of trust, keys and the like.
    ///   - progress: told of phases and of the bytes done in them.
    public init(
        options: DeltaOptions,
        progress: @escaping (_ phase: String, _ done: Int64, _ total: Int64) -> Void = { _, _, _ in
        }
    ) {
        self.options = options
        self.progress = progress
    }

    /// What was made.
    public struct Result: Sendable {
        /// The delta, as any bundle that is built.
        public let bundle: BundleBuilder.Result
        /// The manifest of the full bundle that it stands for.
        public let full: Manifest
        /// Bytes of the full bundle's file.
        public let fullLength: Int64
        /// Digest of the old version's tree, and that version.
        public let base: Manifest.Delta
    }

    /// Makes a delta.
    ///
    /// - Parameters:
    ///   - old: the full bundle of the version that devices run.
    ///   - new: the full bundle of the version that they shall run.
    ///   - path: the file to write; one that exists is replaced at the very end.
    /// - Returns: what was made.
    /// - Throws: a `Fault` of code `source` for two bundles of which no delta can be made, of
    ///   the bundles' own, of keys, or of the disk.
    public func build(from old: String, to new: String, at path: String) throws(Fault) -> Result {
        let pair = try DeltaPair.open(old: old, new: new, root: options.root)
        _ = try PayloadSigner.sign([], type: .manifest, keyFiles: options.signingKeys)
        if pair.new.manifest.commitment != nil, options.recipients.isEmpty {
            throw Fault(
                .keys, "\(new) is sealed, so its delta is; nobody is named who could open it.",
                advice: "Name the recipients' public keys with --recipient: whoever can open the "
                    + "full bundle.")
        }
        let oldKeys = try openKeys(pair.old, old)
        let newKeys = try openKeys(pair.new, new)
        let progress = progress
        let base = try UnpackedVersion.unpack(
            pair.old, keys: oldKeys, beside: path, suffix: "base"
        ) { progress("Unpacking the old version", $0, $1) }
        let next = try UnpackedVersion.unpack(
            pair.new, keys: newKeys, beside: path, suffix: "tree"
        ) { progress("Unpacking the new version", $0, $1) }
        guard !base.space.files.isEmpty else {
            throw Fault(
                .source, "\(old) has no file with content, so there is nothing to build on.",
                advice: "Publish the full bundle.")
        }
        let sealed = try SealedRanges(pair.new, keys: newKeys)
        let bundle = try pack(next, from: base.space, sealed: sealed, pair: pair, to: path)
        return Result(
            bundle: bundle, full: pair.new.manifest, fullLength: pair.newLength,
            base: pair.delta)
    }

    private func openKeys(
        _ bundle: VerifiedBundle, _ path: String
    ) throws(Fault) -> ContentKeys? {
        guard bundle.manifest.commitment != nil else { return nil }
        guard let key = options.key else {
            throw Fault(
                .notRecipient, "\(path) is sealed, and no key was given that opens it.",
                advice: "Name a recipient's secret key with --key, such as the escrow key.")
        }
        let secret: X25519SecretKey? = try KeyFiles.recipientKey(key)
        return try bundle.openKeys(with: secret)
    }

    private func pack(
        _ next: borrowing UnpackedVersion, from base: FileSpace, sealed: SealedRanges,
        pair: DeltaPair, to path: String
    ) throws(Fault) -> BundleBuilder.Result {
        let full = pair.new.manifest
        progress("Comparing", 0, full.tree.bytes)
        var plans = try DeltaPlanner.plan(next.space, from: base, workers: options.workers)
        let used = DeltaPlanner.bases(of: &plans, in: base)
        var recipients = Recipients()
        let keys = try newKeys(&recipients, isSealed: full.commitment != nil)
        let id = keys.id
        let commitment = keys.commitment
        let contentKeys = keys.take()
        var output = try OutputFile.begin(path)
        let pack = try PackWriter(
            spool: try OutputFile.spool(beside: path), level: options.level,
            workers: options.workers, keys: contentKeys,
            delta: DeltaCoder(old: base, files: used, level: options.level),
            paths: used.map { base.files[$0].path })
        let sink = try DeltaSink(pack, sealed: sealed)
        try DeltaStream(progress: progress).send(next, plans, to: sink)
        guard sink.length == full.stream.length, try sink.finish() == full.stream.digest else {
            throw Fault(
                .source,
                "The archive of the new version's tree is not the one that its full bundle holds.",
                advice: "Build the full bundle anew with this release of nacelle-bundle.")
        }
        let finish = BundleFinish(
            signingKeys: options.signingKeys, recipients: recipients, progress: progress)
        return try finish.write(pack, keys: contentKeys, to: &output) { index in
            var manifest = full
            manifest.bundle = id
            manifest.index = index
            manifest.packLength = pack.length
            manifest.commitment = commitment
            manifest.delta = pair.delta
            return manifest
        }
    }

    /// The keys of a new sealed bundle, or none.
    private struct NewKeys: ~Copyable {
        let id: [UInt8]
        let commitment: Digest?
        private var keys: ContentKeys?

        init(id: [UInt8], keys: consuming ContentKeys?) {
            self.id = id
            commitment =
                switch keys {
                case .some(let keys): keys.commitment
                case .none: nil
                }
            self.keys = keys
        }

        consuming func take() -> ContentKeys? { keys }
    }

    private func newKeys(
        _ recipients: inout Recipients, isSealed: Bool
    ) throws(Fault) -> NewKeys {
        guard isSealed else {
            return NewKeys(id: [UInt8](repeating: 0, count: BundleID.length), keys: nil)
        }
        let id = try randomBytes(count: BundleID.length)
        let contentKey = try SecretBytes.random(count: Recipients.contentKeyLength)
        for key in options.recipients { try recipients.add(key, contentKey: contentKey) }
        return NewKeys(id: id, keys: try ContentKeys(contentKey: contentKey, bundle: id))
    }
}
