/// Arranges a chunk as `planes` or `difference` has it; the counterpart of ``ChunkArrangement``.
enum NumberSplitting {
    /// The stream of a chunk, as many bytes as it has.
    ///
    /// - Parameters:
    ///   - plain: the chunk.
    ///   - base: the base's bytes, as many, or nil for `planes`.
    ///   - width: the width; it and the layout were checked.
    ///   - layout: the layout; whether it is packed makes no difference here.
    /// - Returns: the stream.
    static func arrange(
        _ plain: UnsafeBufferPointer<UInt8>, base: UnsafeBufferPointer<UInt8>?, width: Int,
        layout: ChunkLayout
    ) -> [UInt8] {
        var stream = [UInt8](repeating: 0, count: plain.count)
        guard !layout.isColumns else {
            unsafe columns(plain, base, ColumnShape(length: plain.count, period: width), &stream)
            return stream
        }
        let shape = ChunkShape(length: plain.count, width: width, phase: layout.phase)
        switch width {
        case 1: unsafe split(plain, base, shape, layout, &stream, as: UInt8.self)
        case 2: unsafe split(plain, base, shape, layout, &stream, as: UInt16.self)
        case 4: unsafe split(plain, base, shape, layout, &stream, as: UInt32.self)
        case 8: unsafe split(plain, base, shape, layout, &stream, as: UInt64.self)
        default: unsafe splitAny(plain, base, shape, &stream)
        }
        for index in 0..<shape.phase { stream[shape.numbers + index] = unsafe plain[index] }
        for index in 0..<shape.tail {
            stream[shape.numbers + shape.phase + index] =
                unsafe plain[shape.phase + shape.numbers + index]
        }
        return stream
    }

    private static func columns(
        _ plain: UnsafeBufferPointer<UInt8>, _ base: UnsafeBufferPointer<UInt8>?,
        _ shape: ColumnShape, _ stream: inout [UInt8]
    ) {
        for column in 0..<min(shape.period, shape.length) {
            let start = shape.start(of: column)
            for row in 0..<shape.height(of: column) {
                let place = row &* shape.period &+ column
                var value = unsafe plain[place]
                if let base = unsafe base { value = unsafe fold(value &- base[place]) }
                stream[start &+ row] = value
            }
        }
    }

    /// The zig-zag of a difference in two's complement.
    @inline(__always)
    private static func fold<Number: FixedWidthInteger & UnsignedInteger>(
        _ difference: Number
    ) -> Number {
        let top = difference &>> Number(truncatingIfNeeded: Number.bitWidth - 1)
        return difference &<< 1 ^ (0 &- top)
    }

    @inline(__always)
    private static func split<Number: FixedWidthInteger & UnsignedInteger>(
        _ plain: UnsafeBufferPointer<UInt8>, _ base: UnsafeBufferPointer<UInt8>?,
        _ shape: ChunkShape, _ layout: ChunkLayout, _ stream: inout [UInt8], as type: Number.Type
    ) {
        let size = Number.bitWidth / 8
        var order: [Int32] = []
        if layout.isGrouped, let base = unsafe base {
            if size == 1, let start = base.baseAddress {
                order = unsafe FollowingBytes.places(start, count: shape.count)
            } else {
                order = unsafe places(base, shape, as: type)
            }
        }
        let raw = UnsafeRawBufferPointer(plain)
        let left = Number(truncatingIfNeeded: layout.isRotated ? 1 : 0)
        let right = Number(truncatingIfNeeded: Number.bitWidth) &- left
        for index in 0..<shape.count {
            let offset = shape.phase &+ index &* size
            var number = unsafe Number(
                littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: type))
            if let base = unsafe base {
                let other = unsafe Number(
                    littleEndian: UnsafeRawBufferPointer(base).loadUnaligned(
                        fromByteOffset: offset, as: type))
                number = fold(number &- other)
            } else {
                number = number &<< left | number &>> right
            }
            let place = order.isEmpty ? index : Int(order[index])
            for byte in 0..<size {
                stream[byte &* shape.count &+ place] = UInt8(
                    truncatingIfNeeded: number &>> Number(truncatingIfNeeded: 8 &* byte))
            }
        }
    }

    /// Where each number stands when they are sorted by their base numbers' groups.
    @inline(__always)
    private static func places<Number: FixedWidthInteger & UnsignedInteger>(
        _ base: UnsafeBufferPointer<UInt8>, _ shape: ChunkShape, as type: Number.Type
    ) -> [Int32] {
        let raw = UnsafeRawBufferPointer(base)
        var next = [Int32](repeating: 0, count: 257)
        var order = [Int32](repeating: 0, count: shape.count)
        for index in 0..<shape.count {
            let number = unsafe Number(
                littleEndian: raw.loadUnaligned(
                    fromByteOffset: shape.phase &+ index &* (Number.bitWidth / 8), as: type))
            let group = NumberJoining.group(number)
            order[index] = Int32(group)
            next[group + 1] += 1
        }
        for group in 0..<256 { next[group + 1] += next[group] }
        for index in order.indices {
            let group = Int(order[index])
            order[index] = next[group]
            next[group] += 1
        }
        return order
    }

    private static func splitAny(
        _ plain: UnsafeBufferPointer<UInt8>, _ base: UnsafeBufferPointer<UInt8>?,
        _ shape: ChunkShape, _ stream: inout [UInt8]
    ) {
        var number = [UInt8](repeating: 0, count: shape.width)
        for index in 0..<shape.count {
            let first = shape.phase + index * shape.width
            for byte in 0..<shape.width { number[byte] = unsafe plain[first + byte] }
            if let base = unsafe base {
                var borrow: Int16 = 0
                for byte in 0..<shape.width {
                    let part = unsafe Int16(number[byte]) - Int16(base[first + byte]) + borrow
                    number[byte] = UInt8(truncatingIfNeeded: part)
                    borrow = part >> 8
                }
                let negative: UInt8 = number[shape.width - 1] >> 7 == 1 ? 0xFF : 0
                var carry: UInt8 = 0
                for byte in 0..<shape.width {
                    let part = number[byte]
                    number[byte] = (part << 1 | carry) ^ negative
                    carry = part >> 7
                }
            }
            for byte in 0..<shape.width { stream[byte * shape.count + index] = number[byte] }
        }
    }
}
