import Faults

/// As much of ONNX's TensorProto (protocol buffers) as the golden cases use.
struct TensorProto {
    private(set) var dimensions: [Int] = []
    private(set) var type = 0
    private(set) var name = ""
    private(set) var raw: [UInt8] = []

    init(bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let key = try Self.number(&rest)
            switch (key >> 3, key & 7) {
            case (1, 0): dimensions.append(try Self.number(&rest))
            case (1, 2):
                var packed = try Self.field(&rest)
                while !packed.isEmpty { dimensions.append(try Self.number(&packed)) }
            case (2, 0): type = try Self.number(&rest)
            case (8, 2): name = String(decoding: try Self.field(&rest), as: UTF8.self)
            case (9, 2): raw = Array(try Self.field(&rest))
            default: throw Fault(.malformed, "Field \(key >> 3) of wire type \(key & 7).")
            }
        }
    }

    /// The elements of a FLOAT tensor, little-endian in `raw_data`.
    func floats() throws -> [Float] {
        guard type == 1, raw.count == 4 * dimensions.reduce(1, *) else {
            throw Fault(.malformed, "Type \(type), \(raw.count) bytes, dimensions \(dimensions).")
        }
        return stride(from: 0, to: raw.count, by: 4).map { at in
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(raw[at + $1]) << UInt32(8 * $1) })
        }
    }

    private static func number(_ rest: inout ArraySlice<UInt8>) throws -> Int {
        var value = 0
        for shift in stride(from: 0, to: 56, by: 7) {
            guard let byte = rest.popFirst() else { throw Fault(.malformed, "Truncated.") }
            value |= Int(byte & 127) << shift
            if byte < 128 { return value }
        }
        throw Fault(.malformed, "A number of more than eight bytes.")
    }

    private static func field(_ rest: inout ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
        let length = try number(&rest)
        guard length <= rest.count else { throw Fault(.malformed, "Truncated.") }
        defer { rest = rest.dropFirst(length) }
        return rest.prefix(length)
    }
}
