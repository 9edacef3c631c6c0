/// What a model takes or gives under one name.
struct TensorSpec: Equatable, Sendable {
    let name: String
    let datatype: Datatype
    /// The dimensions; −1 where the model leaves one open.
    let shape: [Int]

    /// Whether a tensor of this shape fits.
    func accepts(_ other: [Int]) -> Bool {
        other.count == shape.count
            && zip(shape, other).allSatisfy { $1 > 0 && ($0 == $1 || $0 == -1) }
    }
}

/// A tensor: its elements in row-major order, in the machine's byte order.
struct Tensor: Equatable, Sendable {
    let name: String
    let datatype: Datatype
    let shape: [Int]
    let bytes: [UInt8]

    /// How many elements a shape has; `nil` beyond what an `Int` holds.
    static func elements(_ shape: [Int]) -> Int? {
        var count = 1
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            if overflow { return nil }
            count = product
        }
        return count
    }
}
