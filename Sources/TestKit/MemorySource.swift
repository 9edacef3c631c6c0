public import Faults
public import Install

/// A bundle that stands in memory, and that can lie about its length.
public final class MemorySource: ByteSource {
    /// What messages call it.
    public let name = "memory"
    private let bytes: [UInt8]
    private let claimed: Int64
    /// How many bytes were asked for in all.
    public private(set) var requested: Int64 = 0

    /// Makes a source.
    ///
    /// - Parameters:
    ///   - bytes: the bytes.
    ///   - claimed: the length that it claims; `nil` for the true one.
    public init(_ bytes: [UInt8], claiming claimed: Int64? = nil) {
        self.bytes = bytes
        self.claimed = claimed ?? Int64(bytes.count)
    }

    /// The length that it claims.
    public func length() throws(Fault) -> Int64 { claimed }

    /// Reads bytes, of which it has no more than it was given.
    public func read(at offset: Int64, count: Int, into buffer: inout [UInt8]) throws(Fault) {
        guard offset >= 0, count >= 0, offset <= bytes.count,
            count <= bytes.count - Int(offset)
        else {
            throw Fault(.malformed, "The source ended before byte \(offset) + \(count).")
        }
        requested += Int64(count)
        buffer.replaceSubrange(0..<count, with: bytes[Int(offset)..<Int(offset) + count])
    }
}
