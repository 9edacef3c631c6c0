internal import COpenSSL
internal import Faults

/// The one owner of a certificate request in libcrypto.
@safe
struct RequestHandle: ~Copyable {
    let raw: OpaquePointer

    private init(owning raw: OpaquePointer) { unsafe self.raw = raw }

    deinit { unsafe X509_REQ_free(raw) }

    /// An empty request of version 1.
    static func make() throws(Fault) -> RequestHandle {
        guard let raw = unsafe X509_REQ_new() else { throw failed() }
        let request = unsafe RequestHandle(owning: raw)
        guard unsafe X509_REQ_set_version(request.raw, 0) == 1 else { throw failed() }
        return request
    }

    /// Reads a request; `nil` where the bytes are none.
    static func read(der: [UInt8]) -> RequestHandle? {
        let raw = unsafe der.withUnsafeBufferPointer { buffer in
            var place = buffer.baseAddress
            return unsafe d2i_X509_REQ(nil, &place, buffer.count)
        }
        ERR_clear_error()
        guard let raw = unsafe raw else { return nil }
        return unsafe RequestHandle(owning: raw)
    }

    /// Reads a request; `nil` where the text holds none.
    static func read(pem: [UInt8]) throws(Fault) -> RequestHandle? {
        let bio = try MemoryBIO.holding(pem)
        let raw = unsafe PEM_read_bio_X509_REQ(bio.raw, nil, { _, _, _, _ in 0 }, nil)
        ERR_clear_error()
        guard let raw = unsafe raw else { return nil }
        return unsafe RequestHandle(owning: raw)
    }

    func set(subject: OpaquePointer?) throws(Fault) {
        guard unsafe X509_REQ_set_subject_name(raw, subject) == 1 else {
            throw RequestHandle.failed()
        }
    }

    /// Asks for the alternative names that a certificate has, if it has any.
    func copyAlternativeNames(of certificate: borrowing X509Handle) throws(Fault) {
        guard let place = certificate.alternativeNames else { return }
        guard let list = unsafe OPENSSL_sk_new_null() else { throw RequestHandle.failed() }
        // The list alone is freed: what stands in it is the certificate's.
        defer { unsafe OPENSSL_sk_free(list) }
        guard let names = unsafe X509_get_ext(certificate.raw, place),
            unsafe OPENSSL_sk_push(list, UnsafeRawPointer(names)) > 0,
            unsafe X509_REQ_add_extensions(raw, list) == 1
        else { throw RequestHandle.failed() }
    }

    /// Puts the key in and signs with it, over SHA-256.
    func sign(_ key: borrowing IdentityKey) throws(Fault) {
        ERR_clear_error()
        guard unsafe X509_REQ_set_pubkey(raw, key.raw) == 1,
            unsafe X509_REQ_sign(raw, key.raw, EVP_sha256()) > 0
        else {
            throw cryptoFault("the key does not sign a certificate request", code: .keys)
        }
    }

    /// The encoded value of the alternative names that it asks for; `nil` for none.
    var alternativeNames: [UInt8]? {
        guard let list = unsafe X509_REQ_get_extensions(raw) else { return nil }
        defer {
            for index in 0..<(unsafe OPENSSL_sk_num(list)) {
                unsafe X509_EXTENSION_free(OpaquePointer(OPENSSL_sk_value(list, index)))
            }
            unsafe OPENSSL_sk_free(list)
        }
        for index in 0..<(unsafe OPENSSL_sk_num(list)) {
            let item = unsafe OpaquePointer(OPENSSL_sk_value(list, index))
            if unsafe OBJ_obj2nid(X509_EXTENSION_get_object(item)) == NID_subject_alt_name {
                return unsafe X509Handle.value(item)
            }
        }
        return nil
    }

    func verifies() -> Bool {
        defer { ERR_clear_error() }
        guard let key = unsafe X509_REQ_get0_pubkey(raw) else { return false }
        return unsafe X509_REQ_verify(raw, key) == 1
    }

    func der() throws(Fault) -> [UInt8] {
        let length = unsafe i2d_X509_REQ(raw, nil)
        guard length > 0 else { throw RequestHandle.failed() }
        var bytes = [UInt8](repeating: 0, count: Int(length))
        let written = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            var place = buffer.baseAddress
            return unsafe i2d_X509_REQ(raw, &place)
        }
        guard written == length else { throw RequestHandle.failed() }
        return bytes
    }

    func subject() throws(Fault) -> String {
        unsafe try NameHandle.text(X509_REQ_get_subject_name(raw))
    }

    private static func failed() -> Fault { cryptoFault("cannot make a certificate request") }
}
