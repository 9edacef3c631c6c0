/// A tensor: a name, a shape, and its elements as little-endian bytes in row-major order.
struct Tensor: Sendable, Equatable {
    /// The most bytes that a tensor may have.
    static let limit = 64 << 20

    /// The name; may be empty.
    let name: String
    /// The shape; empty for a scalar.
    let shape: [Int]
    /// The elements' type.
    let type: TensorType
    /// The elements; `count * type.width` bytes.
    let bytes: [UInt8]

    /// How many elements it has.
    var count: Int { bytes.count / type.width }

    private func pattern(_ index: Int) -> UInt64 {
        var value: UInt64 = 0
        let start = index * type.width
        for offset in (0..<type.width).reversed() {
            value = value << 8 | UInt64(bytes[start + offset])
        }
        return value
    }

    /// An element as a number; integers beyond 2⁵³ are rounded.
    func value(_ index: Int) -> Double {
        let pattern = pattern(index)
        return switch type {
        case .float32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: pattern)))
        case .float64: Double(bitPattern: pattern)
        case .float16: Double(Float16(bitPattern: UInt16(truncatingIfNeeded: pattern)))
        case .bfloat16: Double(Float(bitPattern: UInt32(truncatingIfNeeded: pattern) << 16))
        case .int8: Double(Int8(truncatingIfNeeded: pattern))
        case .int16: Double(Int16(truncatingIfNeeded: pattern))
        case .int32: Double(Int32(truncatingIfNeeded: pattern))
        case .int64: Double(Int64(truncatingIfNeeded: pattern))
        case .uint8, .uint16, .uint32, .uint64: Double(pattern)
        case .bool: pattern == 0 ? 0 : 1
        }
    }

    /// Writes an element as JSON: the shortest number that reads back as the same element.
    func write(_ index: Int, into out: inout [UInt8]) {
        let pattern = pattern(index)
        let text =
            switch type {
            case .float32: "\(Float(bitPattern: UInt32(truncatingIfNeeded: pattern)))"
            case .float64: "\(Double(bitPattern: pattern))"
            case .float16: "\(Float(Float16(bitPattern: UInt16(truncatingIfNeeded: pattern))))"
            case .bfloat16: "\(Float(bitPattern: UInt32(truncatingIfNeeded: pattern) << 16))"
            case .int8: "\(Int8(truncatingIfNeeded: pattern))"
            case .int16: "\(Int16(truncatingIfNeeded: pattern))"
            case .int32: "\(Int32(truncatingIfNeeded: pattern))"
            case .int64: "\(Int64(truncatingIfNeeded: pattern))"
            case .uint8, .uint16, .uint32, .uint64: "\(pattern)"
            case .bool: pattern == 0 ? "false" : "true"
            }
        out.append(contentsOf: text.utf8)
    }

    /// The first element that is infinite or not a number, which JSON cannot carry.
    var firstNonFinite: Int? {
        guard type.isReal else { return nil }
        return (0..<count).first { !value($0).isFinite }
    }
}
