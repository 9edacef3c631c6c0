public import Bundle
public import Faults
internal import Install
internal import Sealing
internal import Signing
internal import StrictJSON
internal import Trust
internal import Transport

/// Changes what is not signed about a bundle: its signatures themselves, and its recipients.
///
/// Index and pack are copied as they are; the file is replaced in one rename, or not at all.
public struct BundleEditor {
    private let source: FileSource
    private let preamble: Preamble
    private let envelope: DSSEEnvelope
    /// What the envelope says; not verified.
    public let manifest: Manifest

    /// Opens a bundle to change it.
    ///
    /// - Parameter path: the file.
    /// - Throws: a `Fault` of code `malformed` or `unsupported` where it is no bundle.
    public init(path: String) throws(Fault) {
        source = try FileSource(path: path)
        (preamble, envelope) = try VerifiedBundle.readEnvelope(source)
        manifest = try Manifest(reading: try envelope.payload(expecting: .manifest))
    }

    /// Adds signatures.
    ///
    /// - Parameters:
    ///   - keyFiles: the signing keys.
    ///   - progress: told of the bytes written, and of how many.
    /// - Returns: how many signatures there are now.
    /// - Throws: a `Fault` of code `keys` where a key has signed already.
    public func sign(
        keyFiles: [String], progress: (Int64, Int64) -> Void = { _, _ in }
    ) throws(Fault) -> Int {
        var signed = envelope
        for path in keyFiles {
            let key = try KeyFiles.signingKey(path)
            do throws(Fault) {
                signed = try signed.signed(by: key, type: .manifest)
            } catch {
                throw error.during("Signing with \(path)")
            }
        }
        let recipients = try source.read(
            at: preamble.recipientsOffset, count: preamble.recipients)
        try rewrite(
            BundleHead(envelope: try signed.encode(), recipients: recipients), progress)
        return signed.signatures.count
    }

    /// Adds and removes recipients.
    ///
    /// Whoever is removed may have kept the key: only a new build keeps a version from him.
    ///
    /// - Parameters:
    ///   - secret: the secret key file of a recipient.
    ///   - add: public key files of new recipients.
    ///   - remove: ids of recipients (in hexadecimal, at least 8 digits), or their public key files.
    ///   - progress: told of the bytes written, and of how many.
    /// - Returns: the ids of the recipients there are now, in hexadecimal.
    /// - Throws: a `Fault` of code `keys`, `not-recipient`, or `malformed` where the key that
    ///   is sealed is not the one that the manifest commits to.
    public func seal(
        with secret: String, add: [String], remove: [String],
        progress: (Int64, Int64) -> Void = { _, _ in }
    ) throws(Fault) -> [String] {
        guard let commitment = manifest.commitment, preamble.recipients > 0 else {
            throw Fault(
                .keys, "\(source.name) is not sealed, so it has no recipients.",
                advice: "Build it again with --recipient.")
        }
        let bytes = try source.read(at: preamble.recipientsOffset, count: preamble.recipients)
        var recipients = try Recipients(reading: bytes.span)
        let contentKey = try recipients.open(with: try KeyFiles.recipientKey(secret))
        guard
            try ContentKeys(contentKey: contentKey, bundle: manifest.bundle).commitment
                == commitment
        else {
            throw Fault(
                .malformed,
                "The content key sealed for \(secret) is not the one that the manifest commits to.",
                advice: "Fetch the bundle again.")
        }
        for name in remove {
            let id = try BundleEditor.id(of: name, in: recipients)
            _ = recipients.remove(id: id)
        }
        for path in add {
            try recipients.add(try KeyFiles.recipientPublicKey(path), contentKey: contentKey)
        }
        guard !recipients.entries.isEmpty else {
            throw Fault(
                .keys, "Nobody would be left who can open \(source.name).",
                advice: "Add a recipient in the same command.")
        }
        try rewrite(
            BundleHead(envelope: try envelope.encode(), recipients: recipients.encoded), progress)
        return recipients.entries.map { Hex.encode($0.id) }
    }

    private static func id(
        of name: String, in recipients: Recipients
    ) throws(Fault) -> [UInt8] {
        let ids = recipients.entries.map(\.id)
        let matches = name.utf8.count >= 8 ? ids.filter { Hex.encode($0).hasPrefix(name) } : []
        if matches.count == 1, let match = matches.first { return match }
        if name.contains(".") || name.contains("/") {
            let id = try KeyFiles.recipientPublicKey(name).id()
            if ids.contains(id) { return id }
        }
        throw Fault(
            .keys, "“\(name)” names \(matches.count) of the bundle's \(ids.count) recipients.",
            advice: "“nacelle-bundle inspect” lists them; give an id or the recipient's .pub file.")
    }

    private func rewrite(
        _ head: BundleHead, _ progress: (Int64, Int64) -> Void
    ) throws(Fault) {
        var output = try OutputFile.begin(source.name)
        try head.write(index: preamble.index, pack: preamble.pack, to: &output)
        var offset = preamble.indexOffset
        while offset < preamble.fileLength {
            let count = Int(min(1 << 20, preamble.fileLength - offset))
            let bytes = try source.read(at: offset, count: count)
            try output.write(bytes.span)
            offset += Int64(count)
            progress(offset, preamble.fileLength)
        }
        try output.commit()
    }
}
