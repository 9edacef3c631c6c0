internal import CCurl
internal import Faults

extension EasyHandle {
    /// Sets all that is the same for every request of a client.
    func configure(
        _ settings: TransferSettings, _ identity: ClientIdentity?, authorities: [UInt8]?
    ) throws(Fault) {
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        try set(CURLOPT_PIPEWAIT, 1)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        // Giving up does not wait for a name server.
        try set(CURLOPT_QUICK_EXIT, 1)
        try set(CURLOPT_BUFFERSIZE, 512 << 10)
        try set(CURLOPT_CONNECTTIMEOUT_MS, Int(settings.connectTimeout.wholeMilliseconds))
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        try set(CURLOPT_HTTPGET, 1)
        switch settings.ipVersion {
        case .any: break
        case .four: try set(CURLOPT_IPRESOLVE, Int(CURL_IPRESOLVE_V4))
        case .six: try set(CURLOPT_IPRESOLVE, Int(CURL_IPRESOLVE_V6))
        }
        try secure(settings, identity, authorities)
        try setProxy(settings, authorities)
    }

    private func secure(
        _ settings: TransferSettings, _ identity: ClientIdentity?, _ authorities: [UInt8]?
    ) throws(Fault) {
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        if let authorities {
            try set(CURLOPT_CAINFO, nil)
            try set(CURLOPT_CAINFO_BLOB, bytes: authorities)
            // The system's directory would count beside the file.
            try set(CURLOPT_CAPATH, nil)
        }
        if let pin = settings.pinnedPublicKey { try set(CURLOPT_PINNEDPUBLICKEY, pin) }
        if let identity { try show(identity) }
    }

    /// Sets what this machine shows for itself.
    private func show(_ identity: ClientIdentity) throws(Fault) {
        if identity.needsEngine { try openEngine() }
        switch identity.certificate {
        case .token(let uri):
            try set(CURLOPT_SSLCERTTYPE, "ENG")
            try set(CURLOPT_SSLCERT, uri)
        case .pem(let bytes):
            try set(CURLOPT_SSLCERTTYPE, "PEM")
            try set(CURLOPT_SSLCERT_BLOB, bytes: bytes)
        }
        switch identity.key {
        case .token(let uri):
            try set(CURLOPT_SSLKEYTYPE, "ENG")
            try set(CURLOPT_SSLKEY, uri)
        case .pem(let bytes):
            try set(CURLOPT_SSLKEYTYPE, "PEM")
            try set(CURLOPT_SSLKEY_BLOB, bytes: bytes)
        }
        // Without one, OpenSSL would ask at the terminal.
        try set(CURLOPT_KEYPASSWD, "")
    }

    private func openEngine() throws(Fault) {
        do throws(Fault) {
            try set(CURLOPT_SSLENGINE, "pkcs11")
        } catch {
            throw Fault(
                .tls, "OpenSSL's pkcs11 engine cannot be loaded; a pkcs11: URI needs it.",
                advice: "Install libengine-pkcs11-openssl and the token's own module.",
                cause: error.cause)
        }
    }

    private func setProxy(
        _ settings: TransferSettings, _ authorities: [UInt8]?
    ) throws(Fault) {
        switch settings.proxy {
        case .none:
            // An empty text, unlike none, keeps the environment out.
            try set(CURLOPT_PROXY, "")
            try set(CURLOPT_NOPROXY, "*")
        case .environment: break
        case .server(let address, let except):
            try set(CURLOPT_PROXY, address)
            try set(CURLOPT_NOPROXY, except.joined(separator: ","))
            if let authorities {
                try set(CURLOPT_PROXY_CAINFO, nil)
                try set(CURLOPT_PROXY_CAINFO_BLOB, bytes: authorities)
                try set(CURLOPT_PROXY_CAPATH, nil)
            }
        }
    }
}
