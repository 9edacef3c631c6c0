internal import COpenSSL
public import Faults

/// An X.509 certificate (RFC 5280): what it says, read within bounds, and trusted by nothing here.
public struct Certificate: Sendable, Equatable {
    /// The longest certificate, in bytes of its encoding.
    public static let limit = 32 << 10

    /// Its encoding (DER).
    public let der: [UInt8]
    /// Whose it is, as RFC 4514 writes names.
    public let subject: String
    /// Who signed it.
    public let issuer: String
    /// Its serial number in hexadecimal.
    public let serial: String
    /// From when it is valid, in seconds since 1970.
    public let notBefore: Int64
    /// The last moment at which it is valid, in seconds since 1970.
    public let notAfter: Int64
    /// The SHA-256 digest of its encoding.
    public let fingerprint: Digest
    /// Whether a TLS client may use it, by its key usages.
    public let servesClients: Bool
    /// Whether it names itself as who signed it, as a root does.
    public let isSelfIssued: Bool

    /// Reads a certificate.
    ///
    /// - Parameters:
    ///   - der: its encoding, and nothing else.
    ///   - name: where it comes from, for the message.
    /// - Throws: a `Fault` of code `tls` where it is none.
    public init(der: [UInt8], name: String) throws(Fault) {
        guard der.count <= Certificate.limit else {
            throw Certificate.fault(
                name, "has \(der.count) bytes; at most \(Certificate.limit) are read")
        }
        guard let handle = X509Handle.read(der) else {
            throw Certificate.fault(name, "cannot be read")
        }
        try self.init(handle, der: der, name: name)
    }

    /// Reads what libcrypto has parsed.
    init(_ handle: borrowing X509Handle, der: [UInt8], name: String) throws(Fault) {
        guard let before = unsafe X509Handle.seconds(X509_get0_notBefore(handle.raw)),
            let after = unsafe X509Handle.seconds(X509_get0_notAfter(handle.raw))
        else { throw Certificate.fault(name, "has no dates that can be read") }
        self.der = der
        subject = unsafe try NameHandle.text(X509_get_subject_name(handle.raw))
        issuer = unsafe try NameHandle.text(X509_get_issuer_name(handle.raw))
        serial = handle.serial
        notBefore = before
        notAfter = after
        fingerprint = try SHA256.digest(of: der)
        servesClients = unsafe X509_check_purpose(handle.raw, X509_PURPOSE_SSL_CLIENT, 0) == 1
        isSelfIssued =
            unsafe X509_NAME_cmp(
                X509_get_subject_name(handle.raw), X509_get_issuer_name(handle.raw)) == 0
        ERR_clear_error()
    }

    /// Whether its public key is the one of a private key.
    public func belongs(to key: borrowing IdentityKey) -> Bool {
        defer { ERR_clear_error() }
        guard let handle = X509Handle.read(der),
            let own = unsafe X509_get0_pubkey(handle.raw)
        else { return false }
        return unsafe EVP_PKEY_eq(own, key.raw) == 1
    }

    /// Whether another certificate's key signed it.
    public func isSigned(by other: Certificate) -> Bool {
        defer { ERR_clear_error() }
        guard let own = X509Handle.read(der), let signer = X509Handle.read(other.der),
            unsafe X509_check_issued(signer.raw, own.raw) == X509_V_OK,
            let key = unsafe X509_get0_pubkey(signer.raw)
        else { return false }
        return unsafe X509_verify(own.raw, key) == 1
    }

    /// Certificates as a file: PEM, one after the other.
    public static func pem(_ certificates: [Certificate]) throws(Fault) -> [UInt8] {
        let bio = try MemoryBIO.empty()
        for certificate in certificates {
            guard let handle = X509Handle.read(certificate.der),
                unsafe PEM_write_bio_X509(bio.raw, handle.raw) == 1
            else { throw cryptoFault("cannot write a certificate") }
        }
        return bio.take()
    }

    static func fault(_ name: String, _ what: String, cause: String? = nil) -> Fault {
        Fault(
            .tls, "The certificate \(name) \(what).",
            advice: "Have the authority sign the request again, and give what it answers.",
            cause: cause)
    }
}
