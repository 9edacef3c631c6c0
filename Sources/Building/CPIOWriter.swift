internal import Faults

/// The headers of a cpio archive in the form “crc” (070702), always the same for the same members.
struct CPIOWriter {
    private var members: UInt32 = 0

    /// The header of a member, its name and what fills it up.
    ///
    /// - Parameters:
    ///   - name: of ASCII characters.
    ///   - size: bytes of its content.
    ///   - sum: the sum of its content's bytes.
    /// - Returns: the bytes.
    /// - Throws: a `Fault` for a size that the form cannot hold.
    mutating func header(_ name: String, size: Int64, sum: UInt32) throws(Fault) -> [UInt8] {
        members += 1
        return try header(name, size: size, sum: sum, mode: 0o100644, inode: members)
    }

    /// The archive's end, filled up to a whole block of 512 bytes.
    func trailer(after length: Int64) throws(Fault) -> [UInt8] {
        let end = try header("TRAILER!!!", size: 0, sum: 0, mode: 0, inode: 0)
        let rest = (length + Int64(end.count)) % 512
        return end + [UInt8](repeating: 0, count: rest == 0 ? 0 : Int(512 - rest))
    }

    private func header(
        _ name: String, size: Int64, sum: UInt32, mode: UInt32, inode: UInt32
    ) throws(Fault) -> [UInt8] {
        guard let size = UInt32(exactly: size) else {
            throw Fault(.source, "\(name) has \(size) bytes, more than a cpio archive holds.")
        }
        let length = UInt32(name.utf8.count + 1)
        let fields: [UInt32] = [inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, length, sum]
        let text = "070702" + fields.map(CPIOWriter.hex).joined() + name
        return CPIOWriter.filled(Array(text.utf8) + [0])
    }

    /// Content followed by what fills it up to a multiple of four.
    static func filled(_ bytes: [UInt8]) -> [UInt8] { bytes + fill(Int64(bytes.count)) }

    /// What fills so many bytes up to a multiple of four.
    static func fill(_ count: Int64) -> [UInt8] {
        [UInt8](repeating: 0, count: Int((4 - count % 4) % 4))
    }

    private static func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }
}
