internal import Faults
internal import StrictJSON

/// Reads a tensor's `data`, which the protocol allows flat, or nested as the shape is.
struct TensorData {
    /// Where the data stand, for messages.
    let path: String
    let datatype: Datatype
    let shape: [Int]

    /// The elements' bytes.
    ///
    /// Memory is bounded by the text that was read, not by the shape that it claims.
    func read(_ value: JSONValue, count: Int) throws(Fault) -> [UInt8] {
        var bytes: [UInt8] = []
        guard case .array(let values) = value else {
            throw Fault(.malformed, "“\(path)” is \(value.kind); an array was expected.")
        }
        if shape.count > 1, case .array? = values.first {
            try nested(values, shape[...], path, into: &bytes)
        } else {
            guard values.count == count else {
                throw Fault(
                    .malformed,
                    "“\(path)” has \(values.count) elements; the shape \(shape) takes \(count).")
            }
            try elements(values, path, into: &bytes)
        }
        return bytes
    }

    private func nested(
        _ values: [JSONValue], _ sizes: ArraySlice<Int>, _ path: String, into bytes: inout [UInt8]
    ) throws(Fault) {
        guard let size = sizes.first else { return }
        guard values.count == size else {
            throw Fault(
                .malformed,
                "“\(path)” has \(values.count) elements; the shape \(shape) takes \(size) there.")
        }
        let inner = sizes.dropFirst()
        guard !inner.isEmpty else { return try elements(values, path, into: &bytes) }
        for (number, value) in values.enumerated() {
            guard case .array(let row) = value else {
                throw Fault(
                    .malformed, "“\(path)[\(number)]” is \(value.kind); an array was expected.")
            }
            try nested(row, inner, "\(path)[\(number)]", into: &bytes)
        }
    }

    private func elements(
        _ values: [JSONValue], _ path: String, into bytes: inout [UInt8]
    ) throws(Fault) {
        bytes.reserveCapacity(bytes.count + values.count * datatype.size)
        for (number, value) in values.enumerated() {
            guard datatype.append(value, to: &bytes) else {
                let found: String
                if case .number(let text) = value {
                    found = String(text.prefix(40))
                } else {
                    found = value.kind
                }
                throw Fault(
                    .malformed,
                    "“\(path)[\(number)]” is \(found); \(datatype.expectation) was expected.")
            }
        }
    }
}
