/// Undoes the arrangement of a chunk of `planes` or `difference`.
enum ChunkArrangement {
    /// Makes plain bytes of a stream.
    ///
    /// - Parameters:
    ///   - stream: `entry.plainLength` bytes.
    ///   - entry: what the index says; its layout was checked.
    ///   - base: as many bytes of the base for `difference`, nil for `planes`.
    ///   - counters: 256 of them a lane, for grouped layouts.
    ///   - plain: room for as many bytes.
    static func restore(
        _ stream: UnsafePointer<UInt8>, _ entry: IndexEntry, base: UnsafePointer<UInt8>?,
        _ counters: UnsafeMutablePointer<UInt32>, _ plain: UnsafeMutablePointer<UInt8>
    ) {
        let length = entry.plainLength
        let layout = entry.layout
        guard !layout.isColumns else {
            unsafe NumberJoining.joinColumns(
                stream, ColumnShape(length: length, period: entry.width), into: plain)
            if let base = unsafe base {
                unsafe NumberJoining.addBytes(base, to: plain, count: length)
            }
            return
        }
        let shape = ChunkShape(length: length, width: entry.width, phase: layout.phase)
        let rest = unsafe stream + shape.numbers
        unsafe plain.update(from: rest, count: shape.phase)
        unsafe (plain + shape.phase + shape.numbers).update(
            from: rest + shape.phase, count: shape.tail)
        let out = unsafe UnsafeMutableRawPointer(plain + shape.phase)
        let numbers = unsafe base.map { unsafe UnsafeRawPointer($0 + shape.phase) }
        switch shape.width {
        case 1:
            unsafe join(stream, shape, layout, numbers, counters, out, as: UInt8.self)
        case 2:
            unsafe join(stream, shape, layout, numbers, counters, out, as: UInt16.self)
        case 4:
            unsafe join(stream, shape, layout, numbers, counters, out, as: UInt32.self)
        case 8:
            unsafe join(stream, shape, layout, numbers, counters, out, as: UInt64.self)
        default:
            unsafe NumberJoining.joinAny(
                stream, count: shape.count, width: shape.width, base: numbers, into: out)
        }
    }

    @inline(__always)
    private static func join<Number: FixedWidthInteger & UnsignedInteger>(
        _ stream: UnsafePointer<UInt8>, _ shape: ChunkShape, _ layout: ChunkLayout,
        _ base: UnsafeRawPointer?, _ counters: UnsafeMutablePointer<UInt32>,
        _ out: UnsafeMutableRawPointer, as type: Number.Type
    ) {
        switch unsafe base {
        case nil:
            unsafe NumberJoining.join(
                stream, count: shape.count, rotation: layout.isRotated ? 1 : 0, into: out,
                as: type)
        case .some(let base) where layout.isGrouped:
            unsafe NumberJoining.joinGrouped(
                stream, count: shape.count, base: base, next: counters, into: out, as: type)
        case .some(let base):
            unsafe NumberJoining.join(
                stream, count: shape.count, base: base, into: out, as: type)
        }
    }
}
