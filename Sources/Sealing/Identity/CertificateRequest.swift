internal import COpenSSL
public import Faults

/// A certificate request (PKCS#10, RFC 2986), signed by the key that it is for.
public struct CertificateRequest: Sendable, Equatable {
    /// The longest request's file, in bytes.
    public static let limit = 32 << 10

    /// Its encoding (DER).
    public let der: [UInt8]
    /// Whose certificate it asks for, as RFC 4514 writes names.
    public let subject: String

    /// Asks for a first certificate.
    ///
    /// - Parameters:
    ///   - subject: whose it shall be.
    ///   - key: the key that it shall be for, which signs the request.
    /// - Returns: the request.
    /// - Throws: a `Fault`, of code `keys` where the key does not sign.
    public static func make(
        subject: DistinguishedName, key: borrowing IdentityKey
    ) throws(Fault) -> CertificateRequest {
        let request = try RequestHandle.make()
        let name = try NameHandle.make(subject)
        unsafe try request.set(subject: name.raw)
        return try CertificateRequest(signing: request, key)
    }

    /// Asks for a certificate in the place of another, with its subject and alternative names.
    ///
    /// Both are what re-enrolment goes by (RFC 7030, section 4.2.2).
    ///
    /// - Parameters:
    ///   - old: the certificate that is to be replaced.
    ///   - key: the key that the new one shall be for, which signs the request.
    /// - Returns: the request.
    /// - Throws: a `Fault`, of code `keys` where the key does not sign.
    public static func make(
        renewing old: Certificate, key: borrowing IdentityKey
    ) throws(Fault) -> CertificateRequest {
        guard let certificate = X509Handle.read(old.der) else {
            throw Certificate.fault("of this machine", "cannot be read")
        }
        let request = try RequestHandle.make()
        unsafe try request.set(subject: X509_get_subject_name(certificate.raw))
        try request.copyAlternativeNames(of: certificate)
        return try CertificateRequest(signing: request, key)
    }

    private init(
        signing request: borrowing RequestHandle, _ key: borrowing IdentityKey
    ) throws(Fault) {
        try request.sign(key)
        der = try request.der()
        subject = try request.subject()
    }

    /// Reads a request from a file.
    ///
    /// - Parameters:
    ///   - pem: the file's bytes.
    ///   - name: the file's name, for the message.
    /// - Throws: a `Fault` of code `keys` where it is none, or its signature does not hold.
    public init(pem: [UInt8], name: String) throws(Fault) {
        guard pem.count <= CertificateRequest.limit,
            let request = try RequestHandle.read(pem: pem), request.verifies()
        else {
            throw Fault(
                .keys, "\(name) does not hold a certificate request with a signature that holds.",
                advice: "Have a new one made: nacelle identity request --new.")
        }
        der = try request.der()
        subject = try request.subject()
    }

    /// The request as a file: PEM.
    public func pem() throws(Fault) -> [UInt8] {
        let bio = try MemoryBIO.empty()
        guard let request = RequestHandle.read(der: der),
            unsafe PEM_write_bio_X509_REQ(bio.raw, request.raw) == 1
        else { throw cryptoFault("cannot write a certificate request") }
        return bio.take()
    }

    /// Whether it is for a key.
    public func belongs(to key: borrowing IdentityKey) -> Bool {
        defer { ERR_clear_error() }
        guard let request = RequestHandle.read(der: der),
            let own = unsafe X509_REQ_get0_pubkey(request.raw)
        else { return false }
        return unsafe EVP_PKEY_eq(own, key.raw) == 1
    }

    /// Whether it asks for the subject and the alternative names that a certificate has.
    public func asksForSame(as certificate: Certificate) -> Bool {
        guard let request = RequestHandle.read(der: der),
            let other = X509Handle.read(certificate.der)
        else { return false }
        return unsafe X509_NAME_cmp(
            X509_REQ_get_subject_name(request.raw), X509_get_subject_name(other.raw)) == 0
            && request.alternativeNames == other.alternativeNamesValue
    }

    /// Whether it asks for the subject that a certificate has, whatever the alternative names.
    public func hasSubject(of certificate: Certificate) -> Bool {
        guard let request = RequestHandle.read(der: der),
            let other = X509Handle.read(certificate.der)
        else { return false }
        return unsafe X509_NAME_cmp(
            X509_REQ_get_subject_name(request.raw), X509_get_subject_name(other.raw)) == 0
    }

    /// Whether it asks for a subject.
    public func hasSubject(_ subject: DistinguishedName) throws(Fault) -> Bool {
        guard let request = RequestHandle.read(der: der) else { return false }
        let name = try NameHandle.make(subject)
        return unsafe X509_NAME_cmp(X509_REQ_get_subject_name(request.raw), name.raw) == 0
    }
}

extension DistinguishedName {
    /// Whether it is the subject of a certificate.
    public func isSubject(of certificate: Certificate) throws(Fault) -> Bool {
        guard let other = X509Handle.read(certificate.der) else { return false }
        let own = try NameHandle.make(self)
        return unsafe X509_NAME_cmp(own.raw, X509_get_subject_name(other.raw)) == 0
    }
}
