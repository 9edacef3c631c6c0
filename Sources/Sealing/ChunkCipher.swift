internal import COpenSSL
public import Faults

/// ChaCha20-Poly1305 (RFC 8439) over numbered pieces, by libcrypto.
///
/// The nonce is the piece's number, so a key must never seal two pieces of one number: every build
/// has a fresh content key, from which each section's key is derived. Associated data is the
/// section's label, the bundle's id, the number and the plain length, so that no piece passes for
/// another, nor for one of another section or bundle.
@safe
public struct ChunkCipher: ~Copyable {
    /// How many bytes longer a sealed piece is than its plain text.
    public static let overhead = 16

    private let context: OpaquePointer
    private let key: SecretBytes
    private let header: [UInt8]

    /// Makes a cipher for one section.
    ///
    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - label: the section's label, in ASCII.
    ///   - bundle: the bundle's id, 16 bytes.
    /// - Throws: a `Fault` of code `internal` where libcrypto refuses.
    public init(
        key: consuming SecretBytes, label: String, bundle: [UInt8]
    ) throws(Fault) {
        guard key.count == 32, bundle.count == 16 else {
            throw Fault(.internalError, "A chunk cipher takes a 32-byte key and a 16-byte id.")
        }
        guard let context = unsafe EVP_CIPHER_CTX_new() else {
            throw cryptoFault("cannot make a cipher")
        }
        unsafe self.context = context
        self.key = key
        self.header = Array(label.utf8) + bundle
    }

    deinit { unsafe EVP_CIPHER_CTX_free(context) }

    private func associated(number: UInt32, plainLength: Int) -> [UInt8] {
        var bytes = header
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: UInt32(plainLength) >> shift))
        }
        return bytes
    }

    private func start(
        number: UInt32, plainLength: Int, sealing: Bool
    ) throws(Fault) {
        var nonce = [UInt8](repeating: 0, count: 12)
        for index in 0..<4 {
            nonce[index] = UInt8(truncatingIfNeeded: number >> UInt32(8 * index))
        }
        let data = associated(number: number, plainLength: plainLength)
        var unused: Int32 = 0
        let ready =
            unsafe EVP_CipherInit_ex(
                context, EVP_chacha20_poly1305(), nil, key.pointer, nonce, sealing ? 1 : 0) == 1
        guard ready,
            unsafe EVP_CipherUpdate(context, nil, &unused, data, Int32(data.count)) == 1
        else { throw cryptoFault("cannot start the cipher") }
    }

    /// Opens one piece.
    ///
    /// - Parameters:
    ///   - stored: the sealed bytes: cipher text, then the 16-byte tag.
    ///   - number: the piece's number.
    ///   - plain: where the plain text goes; its first `stored.count - 16` bytes are set.
    /// - Returns: how many plain bytes there are; `nil` where the piece is not what was sealed
    ///   under this key, number and length (nothing in `plain` may then be used).
    /// - Throws: a `Fault` where libcrypto itself fails.
    public mutating func open(
        _ stored: Span<UInt8>, number: UInt32, into plain: inout [UInt8]
    ) throws(Fault) -> Int? {
        let length = stored.count - ChunkCipher.overhead
        guard length >= 0, length <= plain.count else { return nil }
        try start(number: number, plainLength: length, sealing: false)
        var written: Int32 = 0
        let body = unsafe stored.withUnsafeBufferPointer { source in
            unsafe plain.withUnsafeMutableBufferPointer { target in
                // Of zero bytes there is nothing to open but the tag.
                unsafe length == 0
                    || EVP_CipherUpdate(
                        context, target.baseAddress, &written, source.baseAddress, Int32(length))
                        == 1
            }
        }
        guard body else { throw cryptoFault("cannot open a chunk") }
        let authentic = unsafe stored.withUnsafeBufferPointer { source in
            unsafe EVP_CIPHER_CTX_ctrl(
                context, EVP_CTRL_AEAD_SET_TAG, Int32(ChunkCipher.overhead),
                UnsafeMutableRawPointer(
                    mutating: source.baseAddress.map { unsafe UnsafeRawPointer($0 + length) })) == 1
        }
        guard authentic else { throw cryptoFault("cannot open a chunk") }
        return try isAuthentic() ? length : nil
    }

    /// Opens one piece where it stands.
    ///
    /// - Parameters:
    ///   - buffer: holds the sealed bytes at its beginning, and then the plain ones.
    ///   - count: how many sealed bytes there are.
    ///   - number: the piece's number.
    /// - Returns: how many plain bytes there are; `nil` where the piece is not what was sealed
    ///   under this key, number and length (nothing in `buffer` may then be used).
    /// - Throws: a `Fault` where libcrypto itself fails.
    public mutating func open(
        inPlace buffer: inout [UInt8], count: Int, number: UInt32
    ) throws(Fault) -> Int? {
        let length = count - ChunkCipher.overhead
        guard length >= 0, count <= buffer.count else { return nil }
        try start(number: number, plainLength: length, sealing: false)
        var written: Int32 = 0
        let opened = unsafe buffer.withUnsafeMutableBufferPointer { bytes in
            unsafe (length == 0
                || EVP_CipherUpdate(
                    context, bytes.baseAddress, &written, bytes.baseAddress, Int32(length)) == 1)
                && EVP_CIPHER_CTX_ctrl(
                    context, EVP_CTRL_AEAD_SET_TAG, Int32(ChunkCipher.overhead),
                    bytes.baseAddress.map { unsafe UnsafeMutableRawPointer($0 + length) }) == 1
        }
        guard opened else { throw cryptoFault("cannot open a chunk") }
        return try isAuthentic() ? length : nil
    }

    /// Whether the tag that was set is that of what was opened.
    private func isAuthentic() throws(Fault) -> Bool {
        var last: Int32 = 0
        var tail = [UInt8](repeating: 0, count: 16)
        guard unsafe EVP_CipherFinal_ex(context, &tail, &last) == 1, last == 0 else {
            ERR_clear_error()
            return false
        }
        return true
    }

    /// Seals one piece.
    ///
    /// - Parameters:
    ///   - plain: the plain bytes.
    ///   - number: the piece's number, never used before with this key.
    /// - Returns: the cipher text and its 16-byte tag.
    /// - Throws: a `Fault` where libcrypto fails.
    public mutating func seal(_ plain: Span<UInt8>, number: UInt32) throws(Fault) -> [UInt8] {
        try start(number: number, plainLength: plain.count, sealing: true)
        var out = [UInt8](repeating: 0, count: plain.count + ChunkCipher.overhead)
        var written: Int32 = 0
        var last: Int32 = 0
        let count = plain.count
        let sealed = unsafe plain.withUnsafeBufferPointer { source in
            unsafe out.withUnsafeMutableBufferPointer { target in
                let body =
                    unsafe count == 0
                    || EVP_CipherUpdate(
                        context, target.baseAddress, &written, source.baseAddress, Int32(count))
                        == 1
                return unsafe body
                    && EVP_CipherFinal_ex(
                        context, target.baseAddress.map { unsafe $0 + count }, &last) == 1
                    && EVP_CIPHER_CTX_ctrl(
                        context, EVP_CTRL_AEAD_GET_TAG, Int32(ChunkCipher.overhead),
                        target.baseAddress.map { unsafe $0 + count }) == 1
            }
        }
        guard sealed, Int(written) == count, last == 0 else {
            throw cryptoFault("cannot seal a chunk")
        }
        return out
    }
}
