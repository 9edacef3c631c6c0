import Smoke

/// Writes protobuf messages for tests.
struct ProtobufMaker {
    var bytes: [UInt8] = []

    mutating func varint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }

    mutating func number(_ field: UInt64, _ value: Int64) {
        varint(field << 3)
        varint(UInt64(bitPattern: value))
    }

    mutating func data(_ field: UInt64, _ content: [UInt8]) {
        varint(field << 3 | 2)
        varint(UInt64(content.count))
        bytes += content
    }

    mutating func fixed32(_ field: UInt64, _ value: Float) {
        varint(field << 3 | 5)
        bytes += littleEndian(value.bitPattern)
    }

    /// A TensorProto of raw data.
    static func tensor(
        _ name: String, type: Int64, shape: [Int64], raw: [UInt8]
    ) -> [UInt8] {
        var maker = ProtobufMaker()
        for size in shape { maker.number(1, size) }
        maker.number(2, type)
        maker.data(8, Array(name.utf8))
        maker.data(9, raw)
        return maker.bytes
    }

    /// A TensorProto of floats, as raw data.
    static func floats(_ name: String, shape: [Int64], _ values: [Float]) -> [UInt8] {
        tensor(name, type: 1, shape: shape, raw: values.flatMap { littleEndian($0.bitPattern) })
    }
}

/// The bytes of a number, the lowest first.
func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
