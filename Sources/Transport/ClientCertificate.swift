internal import Faults

/// What this machine shows a server for itself: a certificate and its private key.
///
/// Each is the path of a PEM file, or a `pkcs11:` URI (RFC 7512) of an object in a token or TPM,
/// which OpenSSL's `pkcs11` engine opens. Its PIN is read from a file that the URI names
/// (`pin-source=file:…`); nobody is asked for one, and one in the URI itself is refused, because the
/// engine prints URIs. Whether a key file's mode is narrow enough is for the caller to judge.
public struct ClientCertificate: Sendable {
    /// The certificate, with what stands between it and the authority.
    public var certificate: String
    /// Its private key.
    public var key: String

    /// Names a certificate and its key.
    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// Whether one of the two is in a token or TPM.
    public var isInToken: Bool {
        ClientCertificate.isToken(certificate) || ClientCertificate.isToken(key)
    }

    static func isToken(_ name: String) -> Bool { name.hasPrefix("pkcs11:") }

    /// Refuses names that libcurl would read in another way.
    func check() throws(Fault) {
        for (what, name) in [("certificate", certificate), ("key", key)] {
            guard !name.isEmpty, name.utf8.count <= 4096, !name.utf8.contains(0) else {
                throw Fault(
                    .configuration,
                    "The client \(what) must be a path or a pkcs11: URI of 1 to 4096 bytes.")
            }
            guard !ClientCertificate.isToken(name) || !name.lowercased().contains("pin-value=")
            else {
                throw Fault(
                    .configuration,
                    "The pkcs11: URI of the client \(what) holds a PIN, which would be printed "
                        + "where something fails.", advice: "Write pin-source=file:PATH.")
            }
        }
    }
}
