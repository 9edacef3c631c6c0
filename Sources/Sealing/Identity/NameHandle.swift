internal import COpenSSL
internal import Faults

/// The one owner of an X.501 name in libcrypto.
@safe
struct NameHandle: ~Copyable {
    let raw: OpaquePointer

    private init(owning raw: OpaquePointer) { unsafe self.raw = raw }

    deinit { unsafe X509_NAME_free(raw) }

    /// Encodes a name.
    ///
    /// - Throws: a `Fault` of code `configuration` for a value that its attribute may not have.
    static func make(_ name: DistinguishedName) throws(Fault) -> NameHandle {
        guard let raw = unsafe X509_NAME_new() else { throw cryptoFault("cannot make a name") }
        let handle = unsafe NameHandle(owning: raw)
        ERR_clear_error()
        for attribute in name.attributes.reversed() {
            let value = Array(attribute.value.utf8)
            let added = unsafe X509_NAME_add_entry_by_txt(
                handle.raw, attribute.type, MBSTRING_UTF8, value, Int32(value.count), -1, 0)
            guard added == 1 else {
                throw DistinguishedName.fault(
                    "has the \(attribute.type) “\(attribute.value)”, which cannot be used (too "
                        + "long, too short, or other characters than it may have)",
                    cause: cryptoFault("").cause)
            }
        }
        return handle
    }

    /// A name that libcrypto lends, as text (RFC 4514).
    static func text(_ raw: OpaquePointer?) throws(Fault) -> String {
        let bio = try MemoryBIO.empty()
        // RFC 2253 without escapes for what is not ASCII: as people read it, in UTF-8.
        let flags =
            UInt(bitPattern: Int(XN_FLAG_SEP_COMMA_PLUS))
            | UInt(bitPattern: Int(XN_FLAG_DN_REV)) | UInt(bitPattern: Int(XN_FLAG_FN_SN))
            | UInt(bitPattern: Int(XN_FLAG_DUMP_UNKNOWN_FIELDS))
            | UInt(ASN1_STRFLGS_ESC_2253) | UInt(ASN1_STRFLGS_ESC_CTRL)
            | UInt(ASN1_STRFLGS_UTF8_CONVERT) | UInt(ASN1_STRFLGS_DUMP_UNKNOWN)
            | UInt(ASN1_STRFLGS_DUMP_DER)
        guard unsafe X509_NAME_print_ex(bio.raw, raw, 0, flags) >= 0 else {
            throw cryptoFault("cannot show a certificate's name", code: .tls)
        }
        return String(decoding: bio.take().prefix(4096), as: UTF8.self)
    }
}
