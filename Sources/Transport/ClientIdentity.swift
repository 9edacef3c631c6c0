internal import DurableFiles
internal import Faults

/// A client certificate and its key as they are shown to servers, read once.
///
/// They are kept in memory, as a key is mostly for root to read, and connections are also made after
/// the process has become somebody else.
struct ClientIdentity {
    /// Where one of the two is.
    enum Part {
        /// In a token or TPM, by its `pkcs11:` URI.
        case token(String)
        /// Here, as PEM.
        case pem([UInt8])
    }

    let certificate: Part
    let key: Part

    /// Whether OpenSSL's engine for tokens is needed.
    var needsEngine: Bool {
        if case .token = certificate { return true }
        if case .token = key { return true }
        return false
    }

    /// Reads both.
    ///
    /// - Throws: a `Fault` of code `tls` where a file cannot be read.
    init(_ own: ClientCertificate) throws(Fault) {
        certificate = try ClientIdentity.part(own.certificate)
        key = try ClientIdentity.part(own.key)
    }

    private static func part(_ name: String) throws(Fault) -> Part {
        if ClientCertificate.isToken(name) { return .token(name) }
        do throws(Fault) {
            return .pem(try FilePlace.read(name, limit: 1 << 20))
        } catch {
            throw Fault(
                .tls,
                "This machine's client certificate cannot be used: \(error.message)",
                advice: error.advice, cause: error.cause)
        }
    }
}
