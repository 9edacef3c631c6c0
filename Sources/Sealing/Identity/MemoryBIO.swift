internal import COpenSSL
internal import Faults

/// The one owner of a libcrypto stream in memory; what was written to it is wiped when it goes.
@safe
struct MemoryBIO: ~Copyable {
    let raw: OpaquePointer

    /// An empty one, for libcrypto to write to.
    static func empty() throws(Fault) -> MemoryBIO {
        guard let raw = unsafe BIO_new(BIO_s_mem()) else { throw MemoryBIO.noMemory }
        return unsafe MemoryBIO(owning: raw)
    }

    /// One with a copy of some bytes, for libcrypto to read.
    static func holding(_ bytes: [UInt8]) throws(Fault) -> MemoryBIO {
        let bio = try empty()
        let written = unsafe BIO_write(bio.raw, bytes, Int32(clamping: bytes.count))
        guard bytes.isEmpty || written == bytes.count else { throw MemoryBIO.noMemory }
        return bio
    }

    private init(owning raw: OpaquePointer) { unsafe self.raw = raw }

    deinit { unsafe BIO_free(raw) }

    /// How many bytes can be read.
    var count: Int { unsafe BIO_ctrl_pending(raw) }

    /// Takes all that was written.
    func take() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        guard !bytes.isEmpty else { return [] }
        let got = unsafe BIO_read(raw, &bytes, Int32(clamping: bytes.count))
        return Array(bytes.prefix(Int(max(got, 0))))
    }

    /// Takes all that was written into locked memory.
    func takeSecret() throws(Fault) -> SecretBytes {
        let count = self.count
        return try SecretBytes(count: count) { (span) throws(Fault) in
            let got = unsafe span.withUnsafeMutableBufferPointer {
                unsafe BIO_read(raw, $0.baseAddress, Int32(clamping: $0.count))
            }
            guard got == count else { throw MemoryBIO.noMemory }
        }
    }

    private static let noMemory = Fault(.noSpace, "There is no memory for a key or certificate.")
}
