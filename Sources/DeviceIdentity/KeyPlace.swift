// DeviceIdentity: the machine's own key and certificate on disk, and their renewal over EST. Below
// Agent, which decides when; knows no configuration and prints nothing.

/// Where the private key of a certificate is.
public enum KeyPlace: Sendable, Equatable {
    /// In the file `key.pem` beside the certificate.
    case file
    /// In a token or TPM, by its `pkcs11:` URI (RFC 7512).
    case token(String)
}
