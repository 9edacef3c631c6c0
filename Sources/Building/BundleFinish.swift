internal import Bundle
internal import Faults
internal import Sealing
internal import Signing
internal import StrictJSON
internal import Trust

/// The last steps of every build: index, manifest, signatures, and the one file.
struct BundleFinish {
    let signingKeys: [String]
    let recipients: Recipients
    let progress: (_ phase: String, _ done: Int64, _ total: Int64) -> Void

    /// Writes the bundle.
    ///
    /// - Parameters:
    ///   - pack: the whole pack.
    ///   - keys: the bundle's keys; `nil` for an unsealed one, whose id then follows from what it is.
    ///   - output: the file, which is committed.
    ///   - manifest: makes the manifest, given the index.
    /// - Returns: what was built.
    /// - Throws: a `Fault` of keys or of the disk.
    func write(
        _ pack: PackWriter, keys: borrowing ContentKeys?, to output: inout OutputFile,
        manifest: (Manifest.Index) -> Manifest
    ) throws(Fault) -> BundleBuilder.Result {
        let index = try IndexSection(pack, keys: keys)
        var manifest = manifest(index.description)
        if manifest.commitment == nil { manifest.bundle = try BundleID.derived(from: manifest) }
        let payload = manifest.json.compact
        // Nothing is signed that would not be read.
        guard try Manifest(reading: payload) == manifest else {
            throw Fault(.internalError, "The manifest does not read back as it was written.")
        }
        let envelope = try PayloadSigner.sign(payload, type: .manifest, keyFiles: signingKeys)
        let head = BundleHead(envelope: try envelope.encode(), recipients: recipients.encoded)
        try head.write(index: Int64(index.bytes.count), pack: pack.length, to: &output)
        try output.write(index.bytes.span)
        let total = pack.length
        let progress = progress
        try pack.copy(to: &output) { progress("Writing", $0, total) }
        try output.commit()
        return BundleBuilder.Result(
            manifest: manifest, manifestDigest: try SHA256.digest(of: payload),
            fileLength: output.length, signatures: envelope.signatures.count,
            recipients: recipients.entries.count)
    }
}
