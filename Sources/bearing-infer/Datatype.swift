// bearing-infer: serves one ONNX model by the Open Inference Protocol v2 on a unix socket. An
// example of what a bundle carries: it knows nothing of bundles, slots or the agent.

internal import StrictJSON

/// A tensor's element type, by its name in the Open Inference Protocol.
///
/// Only types that JSON can carry exactly are served; `FP16` and `BYTES` are not among them.
enum Datatype: String, CaseIterable, Sendable {
    case bool = "BOOL"
    case uint8 = "UINT8"
    case uint16 = "UINT16"
    case uint32 = "UINT32"
    case uint64 = "UINT64"
    case int8 = "INT8"
    case int16 = "INT16"
    case int32 = "INT32"
    case int64 = "INT64"
    case fp32 = "FP32"
    case fp64 = "FP64"

    /// ONNX's number for the type (`TensorProto.DataType`), which the runtime uses too.
    var onnxCode: Int32 {
        switch self {
        case .fp32: 1
        case .uint8: 2
        case .int8: 3
        case .uint16: 4
        case .int16: 5
        case .int32: 6
        case .int64: 7
        case .bool: 9
        case .fp64: 11
        case .uint32: 12
        case .uint64: 13
        }
    }

    init?(onnxCode: Int32) {
        guard let type = Self.allCases.first(where: { $0.onnxCode == onnxCode }) else { return nil }
        self = type
    }

    /// Bytes an element.
    var size: Int {
        switch self {
        case .bool, .uint8, .int8: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .fp32: 4
        case .uint64, .int64, .fp64: 8
        }
    }

    /// What an element must be, for messages.
    var expectation: String {
        switch self {
        case .bool: "true or false"
        case .fp32, .fp64: "a finite number within \(rawValue)’s range"
        default: "an integer within \(rawValue)’s range"
        }
    }

    /// Appends an element in the machine's byte order; `false` where `value` is no such element.
    func append(_ value: JSONValue, to bytes: inout [UInt8]) -> Bool {
        switch (self, value) {
        case (.bool, .bool(let flag)): Self.append(flag ? UInt8(1) : 0, to: &bytes)
        case (.uint8, .number(let text)): Self.append(UInt8(text), to: &bytes)
        case (.uint16, .number(let text)): Self.append(UInt16(text), to: &bytes)
        case (.uint32, .number(let text)): Self.append(UInt32(text), to: &bytes)
        case (.uint64, .number(let text)): Self.append(UInt64(text), to: &bytes)
        case (.int8, .number(let text)): Self.append(Int8(text), to: &bytes)
        case (.int16, .number(let text)): Self.append(Int16(text), to: &bytes)
        case (.int32, .number(let text)): Self.append(Int32(text), to: &bytes)
        case (.int64, .number(let text)): Self.append(Int64(text), to: &bytes)
        case (.fp32, .number(let text)): Self.append(finite: Float(text), to: &bytes)
        case (.fp64, .number(let text)): Self.append(finite: Double(text), to: &bytes)
        default: false
        }
    }

    /// The element at `offset`; `nil` for an infinity or NaN, which JSON cannot write.
    func element(of bytes: [UInt8], at offset: Int) -> JSONValue? {
        switch self {
        case .bool: .bool(bytes[offset] != 0)
        case .uint8: .integer(bytes[offset])
        case .uint16: .integer(Self.load(UInt16.self, bytes, offset))
        case .uint32: .integer(Self.load(UInt32.self, bytes, offset))
        case .uint64: .integer(Self.load(UInt64.self, bytes, offset))
        case .int8: .integer(Int8(bitPattern: bytes[offset]))
        case .int16: .integer(Self.load(Int16.self, bytes, offset))
        case .int32: .integer(Self.load(Int32.self, bytes, offset))
        case .int64: .integer(Self.load(Int64.self, bytes, offset))
        case .fp32: Self.number(Float(bitPattern: Self.load(UInt32.self, bytes, offset)))
        case .fp64: Self.number(Double(bitPattern: Self.load(UInt64.self, bytes, offset)))
        }
    }

    /// The element at `offset` as a number.
    func number(_ bytes: [UInt8], at offset: Int) -> Double {
        switch self {
        case .bool, .uint8: Double(bytes[offset])
        case .uint16: Double(Self.load(UInt16.self, bytes, offset))
        case .uint32: Double(Self.load(UInt32.self, bytes, offset))
        case .uint64: Double(Self.load(UInt64.self, bytes, offset))
        case .int8: Double(Int8(bitPattern: bytes[offset]))
        case .int16: Double(Self.load(Int16.self, bytes, offset))
        case .int32: Double(Self.load(Int32.self, bytes, offset))
        case .int64: Double(Self.load(Int64.self, bytes, offset))
        case .fp32: Double(Float(bitPattern: Self.load(UInt32.self, bytes, offset)))
        case .fp64: Double(bitPattern: Self.load(UInt64.self, bytes, offset))
        }
    }

    private static func append<Number: BinaryFloatingPoint>(
        finite value: Number?, to bytes: inout [UInt8]
    ) -> Bool {
        guard let value, value.isFinite else { return false }
        if let value = value as? Float { return append(value.bitPattern, to: &bytes) }
        return append(Double(value).bitPattern, to: &bytes)
    }

    private static func append<Number: FixedWidthInteger>(
        _ value: Number?, to bytes: inout [UInt8]
    ) -> Bool {
        guard let value else { return false }
        unsafe withUnsafeBytes(of: value) { unsafe bytes.append(contentsOf: $0) }
        return true
    }

    private static func load<Number: FixedWidthInteger & BitwiseCopyable>(
        _: Number.Type, _ bytes: [UInt8], _ offset: Int
    ) -> Number {
        unsafe bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Number.self)
    }

    private static func number<Number: BinaryFloatingPoint & CustomStringConvertible>(
        _ value: Number
    ) -> JSONValue? {
        value.isFinite ? .number(value.description) : nil
    }
}
