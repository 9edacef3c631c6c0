internal import COpenSSL
internal import Faults
internal import Glibc

/// The one owner of a certificate in libcrypto.
@safe
struct X509Handle: ~Copyable {
    let raw: OpaquePointer

    /// Takes ownership.
    init(owning raw: OpaquePointer) { unsafe self.raw = raw }

    deinit { unsafe X509_free(raw) }

    /// Reads a certificate that fills the bytes; `nil` for anything else.
    static func read(_ der: [UInt8]) -> X509Handle? {
        var used = 0
        let raw = unsafe der.withUnsafeBufferPointer { buffer in
            var place = buffer.baseAddress
            let raw = unsafe d2i_X509(nil, &place, buffer.count)
            if let start = buffer.baseAddress, let place = unsafe place {
                used = unsafe place - start
            }
            return unsafe raw
        }
        ERR_clear_error()
        guard let raw = unsafe raw else { return nil }
        let handle = unsafe X509Handle(owning: raw)
        guard used == der.count else { return nil }
        return handle
    }

    /// Its encoding.
    func der() throws(Fault) -> [UInt8] {
        let length = unsafe i2d_X509(raw, nil)
        guard length > 0 else { throw cryptoFault("cannot encode a certificate", code: .tls) }
        var bytes = [UInt8](repeating: 0, count: Int(length))
        let written = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            var place = buffer.baseAddress
            return unsafe i2d_X509(raw, &place)
        }
        guard written == length else {
            throw cryptoFault("cannot encode a certificate", code: .tls)
        }
        return bytes
    }

    /// The seconds since 1970 of a time that libcrypto lends; `nil` for one that is none.
    static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        var parts = unsafe tm()
        guard let time = unsafe time, unsafe ASN1_TIME_to_tm(time, &parts) == 1 else {
            ERR_clear_error()
            return nil
        }
        return unsafe Int64(timegm(&parts))
    }

    /// The serial number in hexadecimal.
    var serial: String {
        guard let number = unsafe X509_get0_serialNumber(raw) else { return "" }
        let count = Int(unsafe number.pointee.length)
        guard count > 0, let data = unsafe number.pointee.data else { return "0" }
        return Hex.encode(
            unsafe Array(UnsafeBufferPointer(start: data, count: min(count, 64))))
    }

    /// The position of its extension with alternative names; `nil` where it has none.
    var alternativeNames: Int32? {
        let place = unsafe X509_get_ext_by_NID(raw, NID_subject_alt_name, -1)
        return place >= 0 ? place : nil
    }

    /// The encoded value of its alternative names; `nil` where it has none.
    var alternativeNamesValue: [UInt8]? {
        guard let place = alternativeNames else { return nil }
        return unsafe X509Handle.value(X509_get_ext(raw, place))
    }

    /// The encoded value of an extension that libcrypto lends.
    static func value(_ item: OpaquePointer?) -> [UInt8]? {
        guard let value = unsafe X509_EXTENSION_get_data(item),
            let data = unsafe value.pointee.data
        else { return nil }
        return unsafe Array(
            UnsafeBufferPointer(start: data, count: Int(max(value.pointee.length, 0))))
    }
}
