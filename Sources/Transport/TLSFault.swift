internal import CCurl
internal import Faults
internal import Glibc

/// What libcurl and OpenSSL say of certificates, in words that tell the cases apart.
enum TLSFault {
    /// The fault for a transfer that failed in TLS; `nil` where it failed otherwise.
    ///
    /// - Parameters:
    ///   - code: libcurl's verdict.
    ///   - verdict: OpenSSL's verdict on the server's certificate (`X509_V_…`).
    ///   - text: libcurl's words.
    ///   - name: the address, safe to show.
    /// - Returns: the fault.
    static func fault(_ code: CURLcode, verdict: Int, text: String, name: String) -> Fault? {
        switch code {
        case CURLE_PEER_FAILED_VERIFICATION: return server(verdict, text, name)
        case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            return make(
                name, "shows a certificate with another public key than the pinned one",
                "Either the server's key was changed, and the pin must be too, or somebody "
                    + "stands in between.", text)
        case CURLE_SSL_CACERT_BADFILE:
            return Fault(
                .tls, "The file of certificate authorities cannot be used.",
                advice: "Check the path, and that it holds PEM certificates.", cause: text)
        case CURLE_SSL_CERTPROBLEM, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED,
            CURLE_SSL_ENGINE_INITFAILED:
            return Fault(
                .tls, "This machine's client certificate or its key cannot be used.",
                advice: "Check that both can be read and belong together; a pkcs11: URI needs "
                    + "OpenSSL's pkcs11 engine, the token, and pin-source=file:PATH with the right PIN.",
                cause: text)
        case CURLE_SSL_CLIENTCERT:
            return clientCertificate(
                name, "asks for a client certificate, and none was shown", cause: text)
        case CURLE_SSL_CIPHER, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED:
            return make(name, "cannot be spoken to in TLS", "", text)
        case CURLE_SSL_CONNECT_ERROR, CURLE_RECV_ERROR, CURLE_SEND_ERROR:
            return alert(text, name, inHandshake: code == CURLE_SSL_CONNECT_ERROR)
        default: return nil
        }
    }

    /// The fault for a client certificate that the server wants and does not get.
    static func clientCertificate(_ name: String, _ what: String, cause: String?) -> Fault {
        Fault(
            .tls, "\(name) \(what).",
            advice: "Configure the certificate and key that the server's owner gave this machine, "
                + "and check that they have not expired.", cause: cause)
    }

    private static func server(_ verdict: Int, _ text: String, _ name: String) -> Fault {
        // A wrong name is libcurl's finding, not OpenSSL's, and has no number.
        if text.contains("subject name") || text.contains("does not match") {
            return make(
                name, "shows a certificate for another host name",
                "Check the address; a captive portal does this too.", text)
        }
        switch verdict {
        case 9:
            return make(
                name,
                "shows a certificate that is not valid yet; this machine's clock says "
                    + "\(clock())", "Check this machine's clock first.", text)
        case 10:
            return make(
                name, "shows a certificate that has expired; this machine's clock says \(clock())",
                "Check this machine's clock first; then have the server's certificate renewed.",
                text)
        case 2, 18, 19, 20, 21, 24, 27:
            return make(
                name, "shows a certificate of an authority that this machine does not know",
                "Check the configured authorities, and that nobody stands in between (a proxy or "
                    + "captive portal).", text)
        case 23:
            return make(name, "shows a certificate that was revoked", "", text)
        default:
            return make(name, "shows a certificate that does not hold", "", text)
        }
    }

    private static func alert(_ text: String, _ name: String, inHandshake: Bool) -> Fault? {
        let lower = text.lowercased()
        func says(_ marks: String...) -> Bool { marks.contains { lower.contains($0) } }
        if says("protocol version", "unsupported protocol", "version too low") {
            return make(
                name, "offers only protocols older than TLS 1.2, which is the least",
                "Have the server brought up to date.", text)
        }
        if says("alert certificate required", "alert bad certificate", "alert handshake failure") {
            return clientCertificate(
                name, "asks for a client certificate and none was shown, or does not accept it",
                cause: text)
        }
        if says("alert unknown ca", "alert certificate", "alert unsupported certificate") {
            return clientCertificate(
                name, "does not accept this machine's client certificate", cause: text)
        }
        guard inHandshake, !says("syscall", "reset", "unexpected eof", "timed out", "broken pipe")
        else { return nil }
        if says("wrong version number", "http request", "packet length too long") {
            return make(name, "does not speak TLS there", "Check the port.", text)
        }
        return make(name, "and this machine agree on no way to speak TLS", "", text)
    }

    private static func make(
        _ name: String, _ what: String, _ advice: String, _ cause: String
    ) -> Fault {
        Fault(.tls, "\(name) \(what).", advice: advice, cause: cause)
    }

    /// The wall clock in UTC, to the minute.
    private static func clock() -> String {
        var now = time(nil)
        var parts = unsafe tm()
        guard unsafe gmtime_r(&now, &parts) != nil else { return "nothing" }
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = unsafe "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
        return unsafe day + " \(two(parts.tm_hour)):\(two(parts.tm_min)) UTC"
    }
}
