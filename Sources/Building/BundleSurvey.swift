public import Bundle
internal import DurableFiles
public import Faults
internal import Install
public import Sealing
internal import Signing
internal import StrictJSON
internal import Trust
internal import Transport

/// What a bundle says of itself, and whether a root of trust vouches for it.
///
/// Without a root nothing in it is authentic: anybody may have written it.
public struct BundleSurvey: Sendable {
    /// The file's path.
    public let path: String
    /// The sections' lengths.
    public let preamble: Preamble
    /// The manifest.
    public let manifest: Manifest
    /// SHA-256 of the manifest's bytes as they were signed.
    public let manifestDigest: Digest
    /// Ids of the keys that are said to have signed; a hint, not a proof.
    public let claimedSigners: [String]
    /// Ids of the keys whose signatures a root of trust accepts; `nil` where no root was given.
    public let verifiedSigners: [Digest]?
    /// Ids of those who can open it, in hexadecimal; not signed.
    public let recipients: [String]
    /// The chunks by codec; `nil` where the index is sealed and no key was given.
    public let chunks: ChunkStatistics?

    /// Looks at a bundle.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - root: the root of trust's file; `nil` to believe the file.
    ///   - key: a recipient's secret key file; `nil` to leave a sealed index closed.
    /// - Returns: what it says.
    /// - Throws: a `Fault` where it is no bundle, or the root does not vouch for it.
    public static func read(
        path: String, root: String? = nil, key: String? = nil
    ) throws(Fault) -> BundleSurvey {
        let source = try FileSource(path: path)
        let (preamble, envelope) = try VerifiedBundle.readEnvelope(source)
        let payload = try envelope.payload(expecting: .manifest)
        var manifest = try Manifest(reading: payload)
        var manifestDigest = try SHA256.digest(of: payload)
        var signers: [Digest]?
        if let root {
            let bytes = try FilePlace.read(root, limit: RootMetadata.limit)
            let bundle = try VerifiedBundle.open(source, root: try VerifiedRoot.load(bytes))
            (manifest, manifestDigest) = (bundle.manifest, bundle.manifestDigest)
            signers = bundle.signers
        }
        var recipients = Recipients()
        if preamble.recipients > 0 {
            let bytes = try source.read(
                at: preamble.recipientsOffset, count: preamble.recipients)
            recipients = try Recipients(reading: bytes.span)
        }
        let place = IndexPlace(source: source, preamble: preamble, manifest: manifest)
        return BundleSurvey(
            path: path, preamble: preamble, manifest: manifest,
            manifestDigest: manifestDigest,
            claimedSigners: envelope.signatures.map { $0.keyID ?? "" }, verifiedSigners: signers,
            recipients: recipients.entries.map { Hex.encode($0.id) },
            chunks: try statistics(place, recipients, key))
    }

    private static func statistics(
        _ place: IndexPlace, _ recipients: Recipients, _ key: String?
    ) throws(Fault) -> ChunkStatistics? {
        guard place.manifest.commitment != nil else { return try ChunkStatistics(place, keys: nil) }
        guard let key else { return nil }
        let contentKey = try recipients.open(with: try KeyFiles.recipientKey(key))
        let keys: ContentKeys? = try ContentKeys(
            contentKey: contentKey, bundle: place.manifest.bundle)
        return try ChunkStatistics(place, keys: keys)
    }
}
