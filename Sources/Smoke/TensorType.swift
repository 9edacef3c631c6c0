// Smoke: runs a version's own program from the spare slot, isolated, and holds its answers, latency
// and memory against the manifest. Decides nothing about slots.

/// The element types of tensors that goldens may have; the numbers are ONNX's (`TensorProto.DataType`).
enum TensorType: Int32, Sendable, CaseIterable {
    case float32 = 1
    case uint8 = 2
    case int8 = 3
    case uint16 = 4
    case int16 = 5
    case int32 = 6
    case int64 = 7
    case bool = 9
    case float16 = 10
    case float64 = 11
    case uint32 = 12
    case uint64 = 13
    case bfloat16 = 16

    /// Bytes of one element.
    var width: Int {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16, .float16, .bfloat16: 2
        case .float32, .int32, .uint32: 4
        case .float64, .int64, .uint64: 8
        }
    }

    /// The name in the Open Inference Protocol.
    var protocolName: String {
        switch self {
        case .float32: "FP32"
        case .float64: "FP64"
        case .float16: "FP16"
        case .bfloat16: "BF16"
        case .bool: "BOOL"
        case .int8: "INT8"
        case .int16: "INT16"
        case .int32: "INT32"
        case .int64: "INT64"
        case .uint8: "UINT8"
        case .uint16: "UINT16"
        case .uint32: "UINT32"
        case .uint64: "UINT64"
        }
    }

    /// Whether it is a floating-point type.
    var isReal: Bool {
        switch self {
        case .float32, .float64, .float16, .bfloat16: true
        default: false
        }
    }

    /// The values that an integer type has, where it has fewer than its container.
    var range: ClosedRange<Int64>? {
        switch self {
        case .int8: -128...127
        case .int16: -32768...32767
        case .int32: Int64(Int32.min)...Int64(Int32.max)
        case .uint8: 0...255
        case .uint16, .float16, .bfloat16: 0...65535
        case .uint32: 0...Int64(UInt32.max)
        case .bool: 0...1
        default: nil
        }
    }
}
