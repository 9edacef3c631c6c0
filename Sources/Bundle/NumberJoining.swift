// The decoder's inner loops. They run over pointers whose bounds the caller has checked, because a
// bounds check in the loop keeps the compiler from vectorising it; each is generic over the number's
// type and specialised for the four that processors have.

/// Puts numbers together from their planes.
enum NumberJoining {
    /// A number's bytes from `count` planes, least significant first.
    @inline(__always)
    private static func gather<Number: FixedWidthInteger & UnsignedInteger>(
        _ planes: UnsafePointer<UInt8>, _ count: Int, _ index: Int, as _: Number.Type
    ) -> Number {
        var number: Number = 0
        for byte in 0..<(Number.bitWidth / 8) {
            let part = unsafe Number(truncatingIfNeeded: planes[byte &* count &+ index])
            number |= part &<< Number(truncatingIfNeeded: 8 &* byte)
        }
        return number
    }

    /// The difference that a zig-zag number stands for, modulo 2^bits.
    @inline(__always)
    static func unfold<Number: FixedWidthInteger & UnsignedInteger>(_ number: Number) -> Number {
        (number &>> 1) ^ (0 &- (number & 1))
    }

    /// Joins planes to numbers as they are.
    ///
    /// - Parameters:
    ///   - planes: `count` bytes for each byte of a number.
    ///   - count: how many numbers.
    ///   - rotation: by how many bits each is rotated back to the right, 0 or 1.
    ///   - out: room for all of them.
    ///   - type: the number's type.
    @inline(__always)
    static func join<Number: FixedWidthInteger & UnsignedInteger>(
        _ planes: UnsafePointer<UInt8>, count: Int, rotation: Int,
        into out: UnsafeMutableRawPointer, as type: Number.Type
    ) {
        let right = Number(truncatingIfNeeded: rotation)
        let left = Number(truncatingIfNeeded: Number.bitWidth &- rotation)
        let size = Number.bitWidth / 8
        for index in 0..<count {
            let number = unsafe gather(planes, count, index, as: type)
            // The masking shift makes a rotation by 0 the identity.
            let turned = (number &>> right) | (number &<< left)
            unsafe out.storeBytes(
                of: turned.littleEndian, toByteOffset: index &* size, as: type)
        }
    }

    /// Joins planes to differences and adds the base's numbers.
    @inline(__always)
    static func join<Number: FixedWidthInteger & UnsignedInteger>(
        _ planes: UnsafePointer<UInt8>, count: Int, base: UnsafeRawPointer,
        into out: UnsafeMutableRawPointer, as type: Number.Type
    ) {
        let size = Number.bitWidth / 8
        for index in 0..<count {
            let difference = unsafe unfold(gather(planes, count, index, as: type))
            let number = unsafe Number(
                littleEndian: base.loadUnaligned(fromByteOffset: index &* size, as: type))
            unsafe out.storeBytes(
                of: (number &+ difference).littleEndian, toByteOffset: index &* size, as: type)
        }
    }

    /// The group of a base number: the eight bits below its highest, which of a float is the sign.
    @inline(__always)
    static func group<Number: FixedWidthInteger & UnsignedInteger>(_ number: Number) -> Int {
        Int(truncatingIfNeeded: (number &<< 1) &>> Number(truncatingIfNeeded: Number.bitWidth - 8))
    }

    /// Into how many parts grouped numbers are divided, so that their counters do not wait for each
    /// other.
    static let lanes = 4

    /// Joins differences that stand in the order of their base numbers' groups.
    ///
    /// - Parameters:
    ///   - planes: `count` bytes for each byte of a number.
    ///   - count: how many numbers.
    ///   - base: the base's numbers.
    ///   - next: 256 counters for each lane, which are set here.
    ///   - out: room for all numbers.
    ///   - type: the number's type.
    @inline(__always)
    static func joinGrouped<Number: FixedWidthInteger & UnsignedInteger>(
        _ planes: UnsafePointer<UInt8>, count: Int, base: UnsafeRawPointer,
        next: UnsafeMutablePointer<UInt32>, into out: UnsafeMutableRawPointer,
        as type: Number.Type
    ) {
        let part = count / lanes
        unsafe begin(base, part, count, next, as: type)
        for index in 0..<part {
            for lane in 0..<lanes {
                unsafe place(
                    planes, count, base, next + lane &* 256, lane &* part &+ index, out, as: type)
            }
        }
        for index in (lanes &* part)..<count {
            unsafe place(planes, count, base, next + (lanes &- 1) &* 256, index, out, as: type)
        }
    }

    /// Sets each lane's counters to where its first number of each group stands.
    @inline(__always)
    private static func begin<Number: FixedWidthInteger & UnsignedInteger>(
        _ base: UnsafeRawPointer, _ part: Int, _ count: Int,
        _ next: UnsafeMutablePointer<UInt32>, as type: Number.Type
    ) {
        let size = Number.bitWidth / 8
        unsafe next.update(repeating: 0, count: lanes &* 256)
        for index in 0..<part {
            for lane in 0..<lanes {
                let number = unsafe Number(
                    littleEndian: base.loadUnaligned(
                        fromByteOffset: (lane &* part &+ index) &* size, as: type))
                unsafe next[lane &* 256 &+ group(number)] &+= 1
            }
        }
        for index in (lanes &* part)..<count {
            let number = unsafe Number(
                littleEndian: base.loadUnaligned(fromByteOffset: index &* size, as: type))
            unsafe next[(lanes &- 1) &* 256 &+ group(number)] &+= 1
        }
        var start: UInt32 = 0
        for group in 0..<256 {
            for lane in 0..<lanes {
                let many = unsafe next[lane &* 256 &+ group]
                unsafe next[lane &* 256 &+ group] = start
                start &+= many
            }
        }
    }

    /// Restores one grouped number.
    @inline(__always)
    private static func place<Number: FixedWidthInteger & UnsignedInteger>(
        _ planes: UnsafePointer<UInt8>, _ count: Int, _ base: UnsafeRawPointer,
        _ next: UnsafeMutablePointer<UInt32>, _ index: Int, _ out: UnsafeMutableRawPointer,
        as type: Number.Type
    ) {
        let offset = index &* (Number.bitWidth / 8)
        let number = unsafe Number(
            littleEndian: base.loadUnaligned(fromByteOffset: offset, as: type))
        let group = group(number)
        let place = unsafe next[group]
        unsafe next[group] = place &+ 1
        let difference = unsafe unfold(gather(planes, count, Int(place), as: type))
        unsafe out.storeBytes(
            of: (number &+ difference).littleEndian, toByteOffset: offset, as: type)
    }

    /// Joins numbers of any width from 1 to 16 bytes, one byte at a time.
    ///
    /// - Parameters:
    ///   - planes: `count` bytes for each byte of a number.
    ///   - count: how many numbers.
    ///   - width: bytes of a number.
    ///   - base: the base's numbers, or nil where the planes hold the numbers themselves.
    ///   - out: room for all numbers.
    static func joinAny(
        _ planes: UnsafePointer<UInt8>, count: Int, width: Int, base: UnsafeRawPointer?,
        into out: UnsafeMutableRawPointer
    ) {
        for index in 0..<count {
            let first = index &* width
            let negative: UInt8 =
                if unsafe base == nil { 0 } else { unsafe 0 &- (planes[index] & 1) }
            var carry: UInt16 = 0
            for byte in 0..<width {
                var value = unsafe planes[byte &* count &+ index]
                if let base = unsafe base {
                    let above: UInt8 =
                        byte &+ 1 < width
                        ? unsafe planes[(byte &+ 1) &* count &+ index] : 0
                    let number = unsafe base.load(fromByteOffset: first &+ byte, as: UInt8.self)
                    value = (value &>> 1 | above &<< 7) ^ negative
                    carry = carry &>> 8 &+ UInt16(value) &+ UInt16(number)
                    value = UInt8(truncatingIfNeeded: carry)
                }
                unsafe out.storeBytes(of: value, toByteOffset: first &+ byte, as: UInt8.self)
            }
        }
    }

    /// Joins the columns of a period.
    static func joinColumns(
        _ columns: UnsafePointer<UInt8>, _ shape: ColumnShape,
        into out: UnsafeMutablePointer<UInt8>
    ) {
        let period = shape.period
        let rows = shape.length / period
        let long = shape.length % period
        for row in 0..<rows {
            let first = row &* period
            var place = row
            for column in 0..<long {
                unsafe out[first &+ column] = columns[place]
                place &+= rows &+ 1
            }
            for column in long..<period {
                unsafe out[first &+ column] = columns[place]
                place &+= rows
            }
        }
        for column in 0..<long {
            unsafe out[rows &* period &+ column] = columns[column &* (rows &+ 1) &+ rows]
        }
    }

    /// Adds the base's bytes to zig-zag differences, in place.
    static func addBytes(
        _ base: UnsafePointer<UInt8>, to bytes: UnsafeMutablePointer<UInt8>, count: Int
    ) {
        for index in 0..<count {
            unsafe bytes[index] = unfold(bytes[index]) &+ base[index]
        }
    }
}
