internal import COpenSSL
internal import Faults

/// The one owner of a PKCS#7 message in libcrypto.
@safe
struct MessageHandle: ~Copyable {
    private let raw: UnsafeMutablePointer<PKCS7>

    /// Takes ownership.
    init(owning raw: UnsafeMutablePointer<PKCS7>) { unsafe self.raw = raw }

    deinit { unsafe PKCS7_free(raw) }

    /// The certificates that it carries; its signatures are nobody's concern here.
    func certificates(_ name: String) throws(Fault) -> [Certificate] {
        guard unsafe OBJ_obj2nid(raw.pointee.type) == NID_pkcs7_signed,
            let content = unsafe raw.pointee.d.sign
        else { throw Certificate.fault(name, "is a PKCS#7 message of another kind") }
        let stack = unsafe content.pointee.cert
        let count = unsafe stack == nil ? 0 : OPENSSL_sk_num(stack)
        guard count > 0, count <= CertificateFile.most else {
            throw Certificate.fault(
                name,
                "is a PKCS#7 message with \(count) certificates; 1 to \(CertificateFile.most) "
                    + "are read")
        }
        var all: [Certificate] = []
        for index in 0..<count {
            guard let item = unsafe OPENSSL_sk_value(stack, index) else { continue }
            let borrowed = OpaquePointer(item)
            guard unsafe X509_up_ref(borrowed) == 1 else {
                throw cryptoFault("cannot hold a certificate")
            }
            let handle = unsafe X509Handle(owning: borrowed)
            let der = try handle.der()
            all.append(try Certificate(der: der, name: name))
        }
        return all
    }
}
