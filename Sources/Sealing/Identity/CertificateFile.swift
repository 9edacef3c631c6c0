internal import COpenSSL
internal import CSodium
public import Faults

/// Certificates as authorities hand them out: one or several, in any of the usual forms.
public enum CertificateFile {
    /// The longest file, in bytes.
    public static let limit = 256 << 10
    /// The most certificates in one.
    public static let most = 16

    /// Reads a file that a person brings: PEM, DER, or PKCS#7 (RFC 2315) in PEM, DER or base64.
    ///
    /// - Parameters:
    ///   - bytes: the file's bytes; text before and between PEM blocks is passed over.
    ///   - name: the file's name, for the message.
    /// - Returns: the certificates, in their order; at least one.
    /// - Throws: a `Fault` of code `tls`.
    public static func read(_ bytes: [UInt8], name: String) throws(Fault) -> [Certificate] {
        try bound(bytes, name)
        if holds(bytes, "-----BEGIN PKCS7-----") { return try packed(pem: bytes, name) }
        if holds(bytes, "-----BEGIN ") { return try certificates(pem: bytes, name) }
        if let single = X509Handle.read(bytes) {
            return [try Certificate(single, der: bytes, name: name)]
        }
        return try packed(bytes, name: name)
    }

    /// Reads a certs-only PKCS#7 message, as EST answers with (RFC 7030, section 4.2.3).
    ///
    /// - Parameters:
    ///   - bytes: its DER, or base64 of it in lines (RFC 8951).
    ///   - name: where it comes from, for the message.
    /// - Returns: the certificates, in their order; at least one.
    /// - Throws: a `Fault` of code `tls`.
    public static func packed(_ bytes: [UInt8], name: String) throws(Fault) -> [Certificate] {
        try bound(bytes, name)
        guard let der = bytes.first == 0x30 ? bytes : base64(bytes) else {
            throw Certificate.fault(name, "is neither DER nor base64 of it")
        }
        ERR_clear_error()
        var used = 0
        let raw = unsafe der.withUnsafeBufferPointer { buffer in
            var place = buffer.baseAddress
            let raw = unsafe d2i_PKCS7(nil, &place, buffer.count)
            if let start = buffer.baseAddress, let place = unsafe place {
                used = unsafe place - start
            }
            return unsafe raw
        }
        guard let raw = unsafe raw else {
            throw Certificate.fault(name, "is no PKCS#7 message", cause: cryptoFault("").cause)
        }
        let message = unsafe MessageHandle(owning: raw)
        guard used == der.count else {
            throw Certificate.fault(
                name, "is a PKCS#7 message with \(der.count - used) bytes behind it")
        }
        return try message.certificates(name)
    }

    private static func packed(pem: [UInt8], _ name: String) throws(Fault) -> [Certificate] {
        let bio = try MemoryBIO.holding(pem)
        guard let raw = unsafe PEM_read_bio_PKCS7(bio.raw, nil, { _, _, _, _ in 0 }, nil) else {
            throw Certificate.fault(name, "is no PKCS#7 message", cause: cryptoFault("").cause)
        }
        let message = unsafe MessageHandle(owning: raw)
        return try message.certificates(name)
    }

    private static func certificates(pem: [UInt8], _ name: String) throws(Fault) -> [Certificate] {
        let bio = try MemoryBIO.holding(pem)
        var all: [Certificate] = []
        ERR_clear_error()
        while let raw = unsafe PEM_read_bio_X509(bio.raw, nil, { _, _, _, _ in 0 }, nil) {
            let handle = unsafe X509Handle(owning: raw)
            guard all.count < most else {
                throw Certificate.fault(name, "holds more than \(most) certificates")
            }
            let der = try handle.der()
            all.append(try Certificate(der: der, name: name))
        }
        // At the end no further block begins; anything else is a block that is broken.
        let reason = ERR_GET_REASON(ERR_peek_last_error())
        let cause = cryptoFault("").cause
        guard !all.isEmpty else {
            throw Certificate.fault(name, "holds no certificate that can be read", cause: cause)
        }
        guard reason == PEM_R_NO_START_LINE else {
            throw Certificate.fault(
                name, "holds something that cannot be read after certificate \(all.count)",
                cause: cause)
        }
        return all
    }

    private static func bound(_ bytes: [UInt8], _ name: String) throws(Fault) {
        guard !bytes.isEmpty, bytes.count <= limit else {
            throw Certificate.fault(name, "has \(bytes.count) bytes; 1 to \(limit) are read")
        }
    }

    private static func holds(_ bytes: [UInt8], _ mark: String) -> Bool {
        let mark = Array(mark.utf8)
        guard bytes.count >= mark.count else { return false }
        return bytes.indices.dropLast(mark.count - 1).contains {
            bytes[$0] == mark[0] && bytes[$0..<$0 + mark.count].elementsEqual(mark)
        }
    }

    /// The bytes of base64 text with white space anywhere; `nil` for anything else.
    private static func base64(_ text: [UInt8]) -> [UInt8]? {
        var out = [UInt8](repeating: 0, count: text.count / 4 * 3 + 3)
        var count = 0
        let result = unsafe text.withUnsafeBytes { source in
            unsafe sodium_base642bin(
                &out, out.count, source.baseAddress?.assumingMemoryBound(to: CChar.self),
                source.count, " \t\r\n", &count, nil, sodium_base64_VARIANT_ORIGINAL)
        }
        return result == 0 && count > 0 ? Array(out.prefix(count)) : nil
    }
}
