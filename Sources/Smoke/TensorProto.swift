internal import Faults

/// A bounded reader of ONNX's `TensorProto` (onnx.proto3), the message in a golden `.pb` file.
///
/// Numbers may be packed or not, in their typed field or as raw data. Refused are: strings, complex
/// and sub-byte types, external data, segments, a size that is not the shape's, values that the type
/// does not have, and more than ``Tensor/limit`` bytes.
struct TensorProto {
    private var dimensions: [Int] = []
    private var type: Int32?
    private var name = ""
    private var raw: Range<Int>?
    private var elements: [UInt8] = []
    private var elementField: UInt64?

    /// Reads one tensor that fills `bytes`.
    ///
    /// - Parameter bytes: the message.
    /// - Returns: the tensor, with at least one element.
    /// - Throws: a `Fault` of code `malformed` or `unsupported`.
    static func read(_ bytes: Span<UInt8>) throws(Fault) -> Tensor {
        // A little more than the data itself: names, documentation, tags.
        guard bytes.count <= Tensor.limit + (1 << 20) else {
            throw Fault(
                .malformed,
                "A tensor file has \(bytes.count) bytes; at most \(Tensor.limit) of data are "
                    + "accepted.")
        }
        // The type decides how wide elements are, and it may stand after them.
        var proto = TensorProto()
        try proto.scan(bytes)
        let type = try proto.elementType()
        if proto.elementField != nil { try proto.collect(bytes, type) }
        return try proto.tensor(bytes, type)
    }

    private mutating func scan(_ bytes: Span<UInt8>) throws(Fault) {
        var cursor = ProtobufCursor(0..<bytes.count)
        while !cursor.atEnd {
            let (field, wire) = try cursor.tag(bytes)
            switch (field, wire) {
            case (1, .varint): try dimension(try cursor.varint(bytes), cursor)
            case (1, .bytes):
                var inner = ProtobufCursor(try cursor.delimited(bytes))
                while !inner.atEnd { try dimension(try inner.varint(bytes), inner) }
            case (2, .varint):
                guard type == nil else { throw cursor.refusal("a second data type") }
                let number = try cursor.varint(bytes)
                type = Int32(clamping: number)
            case (8, .bytes):
                let range = try cursor.delimited(bytes)
                var text: [UInt8] = []
                guard range.count <= 1024 else { throw cursor.refusal("a name over 1024 bytes") }
                for index in range { text.append(bytes[index]) }
                guard let name = String(validating: text, as: UTF8.self) else {
                    throw cursor.refusal("a name that is not UTF-8")
                }
                self.name = name
            case (9, .bytes):
                guard raw == nil else { throw cursor.refusal("raw data twice") }
                raw = try cursor.delimited(bytes)
            case (4, _), (5, _), (7, _), (10, _), (11, _):
                guard elementField == nil || elementField == field else {
                    throw cursor.refusal("data in two typed fields")
                }
                elementField = field
                try cursor.skip(bytes, wire)
            case (14, .varint):
                guard try cursor.varint(bytes) == 0 else { throw TensorProto.external }
            case (13, _): throw TensorProto.external
            case (3, _): throw Fault(.unsupported, "A tensor in segments is not supported.")
            case (6, _): throw Fault(.unsupported, "A tensor of strings is not supported.")
            case (1, _), (2, _), (8, _), (9, _), (14, _):
                throw cursor.refusal("field \(field) stored as the wrong kind")
            default: try cursor.skip(bytes, wire)
            }
        }
    }

    private static let external = Fault(
        .unsupported, "A tensor whose data is in another file is not supported.",
        advice: "Save it with its data inside.")

    private mutating func dimension(
        _ value: UInt64, _ cursor: ProtobufCursor
    ) throws(Fault) {
        guard dimensions.count < 16 else { throw cursor.refusal("more than 16 dimensions") }
        guard value <= UInt64(Tensor.limit) else {
            throw cursor.refusal("a dimension of \(Int64(bitPattern: value))")
        }
        dimensions.append(Int(value))
    }

    private func elementType() throws(Fault) -> TensorType {
        guard let type else { throw Fault(.malformed, "A tensor has no data type.") }
        guard let known = TensorType(rawValue: type) else {
            throw Fault(.unsupported, "A tensor of ONNX's data type \(type) is not supported.")
        }
        return known
    }

    /// The field that ONNX gives the values of a type.
    private static func field(of type: TensorType) -> UInt64 {
        switch type {
        case .float32: 4
        case .float64: 10
        case .int64: 7
        case .uint32, .uint64: 11
        default: 5
        }
    }

    private mutating func collect(_ bytes: Span<UInt8>, _ type: TensorType) throws(Fault) {
        var cursor = ProtobufCursor(0..<bytes.count)
        let wanted = TensorProto.field(of: type)
        guard raw == nil, elementField == wanted else {
            throw cursor.refusal(
                raw != nil
                    ? "data both raw and typed"
                    : "data in field \(elementField ?? 0) where the type needs \(wanted)")
        }
        while !cursor.atEnd {
            let (field, wire) = try cursor.tag(bytes)
            guard field == wanted else {
                try cursor.skip(bytes, wire)
                continue
            }
            if wire == .bytes {
                var inner = ProtobufCursor(try cursor.delimited(bytes))
                while !inner.atEnd { try element(bytes, &inner, type) }
            } else {
                let expected: ProtobufCursor.Wire =
                    type == .float32 ? .fixed32 : type == .float64 ? .fixed64 : .varint
                guard wire == expected else {
                    throw cursor.refusal("field \(field) stored as the wrong kind")
                }
                try element(bytes, &cursor, type)
            }
        }
    }

    private mutating func element(
        _ bytes: Span<UInt8>, _ cursor: inout ProtobufCursor, _ type: TensorType
    ) throws(Fault) {
        var value: UInt64
        switch type {
        case .float32, .float64: value = try cursor.fixed(bytes, width: type.width)
        default:
            value = try cursor.varint(bytes)
            if let range = type.range {
                // Negative 32-bit numbers are written with all 64 bits, by some writers with 32.
                var number = Int64(bitPattern: value)
                if range.lowerBound < 0, number > Int64(Int32.max), number <= Int64(UInt32.max) {
                    number = Int64(Int32(truncatingIfNeeded: number))
                }
                guard range.contains(number) else {
                    throw cursor.refusal("\(number) in a tensor of \(type.protocolName)")
                }
                value = UInt64(bitPattern: number)
            }
        }
        guard elements.count + type.width <= Tensor.limit else {
            throw cursor.refusal("more than \(Tensor.limit) bytes of data")
        }
        for _ in 0..<type.width {
            elements.append(UInt8(truncatingIfNeeded: value))
            value >>= 8
        }
    }

    private func tensor(_ bytes: Span<UInt8>, _ type: TensorType) throws(Fault) -> Tensor {
        var count = 1
        for dimension in dimensions {
            // Each is at most 2²⁶, and the product is held there too: no overflow.
            count *= dimension
            guard count <= Tensor.limit else {
                throw Fault(
                    .malformed,
                    "A tensor of shape \(dimensions) is larger than \(Tensor.limit) elements.")
            }
        }
        let found = raw?.count ?? elements.count
        guard count > 0, found == count * type.width else {
            throw Fault(
                .malformed,
                "A tensor of shape \(dimensions) and type \(type.protocolName) has \(found) bytes "
                    + "of data; \(count * type.width) were expected, and at least one element.")
        }
        var data = elements
        if let raw {
            data.reserveCapacity(raw.count)
            for index in raw { data.append(bytes[index]) }
        }
        return Tensor(name: name, shape: dimensions, type: type, bytes: data)
    }
}
