internal import Faults

/// A place in a protobuf message; reads stay between it and its end, and never trap.
struct ProtobufCursor {
    private(set) var position: Int
    let end: Int

    /// What a field's value is stored as.
    enum Wire: UInt64 {
        case varint = 0
        case fixed64 = 1
        case bytes = 2
        case fixed32 = 5
    }

    init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    var atEnd: Bool { position >= end }

    func refusal(_ what: String) -> Fault {
        Fault(.malformed, "Not acceptable as a TensorProto: \(what), at byte \(position).")
    }

    /// A base-128 number of at most ten bytes.
    mutating func varint(_ bytes: Span<UInt8>) throws(Fault) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard position < end else { throw refusal("it ends inside a number") }
            let byte = bytes[position]
            guard shift < 63 || byte <= 1 else { throw refusal("a number of more than 64 bits") }
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw refusal("a number of more than ten bytes")
    }

    /// A little-endian number of a fixed width.
    mutating func fixed(_ bytes: Span<UInt8>, width: Int) throws(Fault) -> UInt64 {
        guard end - position >= width else { throw refusal("it ends inside a number") }
        var value: UInt64 = 0
        for offset in (0..<width).reversed() {
            value = value << 8 | UInt64(bytes[position + offset])
        }
        position += width
        return value
    }

    /// The range of a length-delimited value, over which the cursor moves.
    mutating func delimited(_ bytes: Span<UInt8>) throws(Fault) -> Range<Int> {
        let length = try varint(bytes)
        guard length <= UInt64(end - position) else {
            throw refusal("a length of \(length) bytes where \(end - position) are left")
        }
        let start = position
        position += Int(length)
        return start..<position
    }

    /// A field's number and how its value is stored.
    mutating func tag(_ bytes: Span<UInt8>) throws(Fault) -> (field: UInt64, wire: Wire) {
        let tag = try varint(bytes)
        guard let wire = Wire(rawValue: tag & 7), tag >> 3 != 0, tag >> 3 < 1 << 29 else {
            throw refusal("an unknown tag \(tag)")
        }
        return (tag >> 3, wire)
    }

    /// Passes over a value.
    mutating func skip(_ bytes: Span<UInt8>, _ wire: Wire) throws(Fault) {
        switch wire {
        case .varint: _ = try varint(bytes)
        case .fixed64: _ = try fixed(bytes, width: 8)
        case .fixed32: _ = try fixed(bytes, width: 4)
        case .bytes: _ = try delimited(bytes)
        }
    }
}
