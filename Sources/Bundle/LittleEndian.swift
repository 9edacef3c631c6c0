package import Faults

/// Reads little-endian integers and byte runs from a span, never past its end.
package struct LittleEndianReader {
    package private(set) var position: Int
    private let what: String

    /// A reader from `position`; `what` names the structure in messages.
    package init(_ what: String, position: Int = 0) {
        self.what = what
        self.position = position
    }

    /// The next integer.
    package mutating func integer<Number: FixedWidthInteger & UnsignedInteger>(
        _ type: Number.Type = Number.self, from bytes: Span<UInt8>
    ) throws(Fault) -> Number {
        let size = Number.bitWidth / 8
        try need(size, of: bytes)
        var number: Number = 0
        for offset in 0..<size {
            number |= Number(truncatingIfNeeded: bytes[position + offset]) << (8 * offset)
        }
        position += size
        return number
    }

    /// The next `count` bytes.
    package mutating func run(_ count: Int, from bytes: Span<UInt8>) throws(Fault) -> [UInt8] {
        try need(count, of: bytes)
        var run: [UInt8] = []
        run.reserveCapacity(count)
        for offset in 0..<count { run.append(bytes[position + offset]) }
        position += count
        return run
    }

    /// Refuses bytes that are left over.
    package func finish(_ bytes: Span<UInt8>) throws(Fault) {
        guard position == bytes.count else {
            throw Fault(
                .malformed,
                "The \(what) ends at byte \(position), but \(bytes.count - position) more follow.")
        }
    }

    private func need(_ count: Int, of bytes: Span<UInt8>) throws(Fault) {
        guard count >= 0, count <= bytes.count - position else {
            throw Fault(
                .malformed,
                "The \(what) ends too early: \(count) bytes needed at byte \(position) of "
                    + "\(bytes.count).")
        }
    }
}

extension [UInt8] {
    /// Appends an integer, least significant byte first.
    package mutating func append(littleEndian number: some FixedWidthInteger) {
        for shift in stride(from: 0, to: number.bitWidth, by: 8) {
            append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}
