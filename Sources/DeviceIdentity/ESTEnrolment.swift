internal import Faults
internal import Sealing
internal import Transport

/// Simple re-enrolment (RFC 7030, section 4.2.2): a request goes out, certificates come back.
struct ESTEnrolment {
    /// What a server answered.
    enum Answer {
        /// Certificates; nothing is known of them yet.
        case certificates([Certificate])
        /// It will decide later, and wants the same request again then.
        case later(Duration?)
    }

    /// The longest answer, in bytes.
    static let limit = 128 << 10

    let server: ESTServer
    let client: HTTPClient

    /// Asks for a certificate in the place of the one that the client shows.
    ///
    /// - Parameter request: with the same subject and alternative names.
    /// - Returns: the answer.
    /// - Throws: a `Fault`, of code `server-refused` for an answer that is none.
    func again(_ request: CertificateRequest) throws(Fault) -> Answer {
        let url = server.address("simplereenroll")
        let answer = try client.post(
            url, body: try ESTEnrolment.body(request),
            headers: [
                "Content-Type: application/pkcs10", "Content-Transfer-Encoding: base64",
            ], limit: ESTEnrolment.limit)
        guard answer.status == 200 else { return .later(answer.retryAfter) }
        guard answer.mediaType == "application/pkcs7-mime",
            !answer.contentType.contains("smime-type=")
                || answer.contentType.contains("certs-only")
        else {
            throw ESTEnrolment.refusal(
                url,
                "answered with “\(answer.contentType.prefix(80))”; certificates in "
                    + "application/pkcs7-mime were expected", nil)
        }
        do throws(Fault) {
            return .certificates(try CertificateFile.packed(answer.body, name: "from \(url)"))
        } catch {
            throw ESTEnrolment.refusal(
                url, "answered with what holds no certificates", error.description)
        }
    }

    /// The request's base64 in lines, without the lines that PEM puts around it.
    private static func body(_ request: CertificateRequest) throws(Fault) -> [UInt8] {
        let lines = try request.pem().split(separator: 0x0A).filter { $0.first != 0x2D }
        return lines.flatMap { Array($0) + [0x0D, 0x0A] }
    }

    private static func refusal(_ url: String, _ what: String, _ cause: String?) -> Fault {
        Fault(
            .serverRefused, "The EST server \(url) \(what).",
            advice: "Check the address and label, and the server's log.", cause: cause)
    }
}
