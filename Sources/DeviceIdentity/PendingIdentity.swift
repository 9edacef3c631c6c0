public import Sealing

/// A key with a request that waits for its certificate, or for the certificate's proof.
public struct PendingIdentity: Sendable, Equatable {
    /// The directory that it stands in.
    public let path: String
    /// Where the key is.
    public let key: KeyPlace
    /// What is asked for.
    public let request: CertificateRequest
    /// The certificate that came and has not worked yet, with what stands between it and the
    /// authority; `nil` where none came.
    public let chain: [Certificate]?

    /// Key and certificate as a pair that is not current; `nil` without a certificate.
    var pair: IdentityPair? {
        chain.flatMap { IdentityPair(generation: 0, path: path, key: key, chain: $0) }
    }
}
