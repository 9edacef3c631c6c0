internal import Faults

/// Opens packed content: runs with many small values that were taken apart into bits.
///
/// `docs/bundle-format.md` says how it is laid out. Every length is derived from the plain length
/// and from counts of bits, and held against the content's own before a byte is moved.
@safe
struct PackedReader {
    /// Bytes of a unit; each is either packed whole or not at all.
    static let unit = 1024

    /// Bytes of the map that says which units of `length` bytes are packed.
    static func mapBytes(of length: Int) -> Int {
        ((length + unit - 1) / unit + 7) / 8
    }

    private let content: UnsafePointer<UInt8>
    private let count: Int
    private let length: Int

    /// A reader of `count` bytes of content that stand for `length` bytes.
    init(_ content: UnsafePointer<UInt8>, count: Int, length: Int) {
        unsafe self.content = content
        self.count = count
        self.length = length
    }

    private var units: Int { (length + PackedReader.unit - 1) / PackedReader.unit }

    private func isPacked(_ unit: Int) -> Bool {
        unsafe content[unit >> 3] >> UInt8(unit & 7) & 1 == 1
    }

    private func bytes(of unit: Int) -> Int {
        min(PackedReader.unit, length - unit * PackedReader.unit)
    }

    private func malformed(_ what: String) -> Fault {
        Fault(.malformed, "A chunk's packed content of \(count) bytes \(what).")
    }

    /// How many of `bits` bits at `start` are set; those that fill the last byte must not be.
    private func ones(at start: Int, bits: Int) throws(Fault) -> Int {
        let bytes = (bits + 7) / 8
        guard bytes <= count - start else { throw malformed("ends within its bits") }
        var ones = 0
        for index in 0..<bytes { ones &+= unsafe content[start &+ index].nonzeroBitCount }
        if bits & 7 != 0, unsafe content[start + bytes - 1] >> UInt8(bits & 7) != 0 {
            throw malformed("has bits set that mean nothing")
        }
        return ones
    }

    /// Opens the content.
    ///
    /// - Parameters:
    ///   - stream: room for `length` bytes.
    ///   - values: room for `length` bytes and 16 more, which this uses.
    /// - Throws: a `Fault` of code `malformed` where the parts do not add up.
    func open(
        into stream: UnsafeMutablePointer<UInt8>, values: UnsafeMutablePointer<UInt8>
    ) throws(Fault) {
        _ = try ones(at: 0, bits: units)
        var packed = 0
        for unit in 0..<units where isPacked(unit) { packed += bytes(of: unit) }
        let occupied = PackedReader.mapBytes(of: length)
        let nonzero = try ones(at: occupied, bits: packed)
        let large = occupied + (packed + 7) / 8
        let many = try ones(at: large, bits: nonzero)
        let low = large + (nonzero + 7) / 8
        _ = try ones(at: low, bits: nonzero)
        let rest = low + (nonzero + 7) / 8
        guard rest + many + length - packed == count else {
            throw malformed(
                "should have \(rest + many + length - packed) by its own counts")
        }
        unsafe PackedReader.list(
            values, count: nonzero, large: content + large, low: content + low,
            rest: content + rest)
        unsafe spread(into: stream, values: values, occupied: occupied, dense: rest + many)
    }

    /// The nonzero values, one after another; up to seven bytes past the last are written too.
    private static func list(
        _ values: UnsafeMutablePointer<UInt8>, count: Int, large: UnsafePointer<UInt8>,
        low: UnsafePointer<UInt8>, rest: UnsafePointer<UInt8>
    ) {
        let one: UInt64 = 0x0101_0101_0101_0101
        let each: UInt64 = 0x8040_2010_0804_0201
        var taken = 0
        for index in 0..<((count &+ 7) / 8) {
            // Bit i of the byte becomes byte i of the word.
            let bits = unsafe (UInt64(low[index]) &* one) & each
            let ones = ((bits &+ 0x7F7F_7F7F_7F7F_7F7F) &>> 7) & one
            unsafe UnsafeMutableRawPointer(values).storeBytes(
                of: (one &+ ones).littleEndian, toByteOffset: index &* 8, as: UInt64.self)
            var more = unsafe large[index]
            while more != 0 {
                let place = index &* 8 &+ more.trailingZeroBitCount
                unsafe values[place] = values[place] &+ (rest[taken] &+ 1) &* 2
                taken &+= 1
                more &= more &- 1
            }
        }
    }

    /// Puts values where the occupancy bits say, and what is not packed where it was.
    private func spread(
        into stream: UnsafeMutablePointer<UInt8>, values: UnsafePointer<UInt8>, occupied: Int,
        dense: Int
    ) {
        var mask = occupied
        var dense = dense
        var next = 0
        for unit in 0..<units {
            let size = bytes(of: unit)
            let out = unsafe stream + unit &* PackedReader.unit
            if isPacked(unit) {
                unsafe PackedReader.spread(
                    content + mask, values, &next, into: out, count: size)
                mask &+= (size &+ 7) / 8
            } else {
                unsafe out.update(from: content + dense, count: size)
                dense &+= size
            }
        }
    }

    /// Puts values into one unit.
    ///
    /// The value after the last is read too, and left out by its zero bit.
    @inline(__always)
    private static func spread(
        _ mask: UnsafePointer<UInt8>, _ values: UnsafePointer<UInt8>, _ next: inout Int,
        into out: UnsafeMutablePointer<UInt8>, count: Int
    ) {
        var place = next
        for index in 0..<(count / 8) {
            var bits = unsafe mask[index]
            if bits == 0 {
                unsafe UnsafeMutableRawPointer(out).storeBytes(
                    of: 0, toByteOffset: index &* 8, as: UInt64.self)
                continue
            }
            for bit in 0..<8 {
                let set = bits & 1
                unsafe out[index &* 8 &+ bit] = values[place] & (0 &- set)
                place &+= Int(set)
                bits &>>= 1
            }
        }
        for index in (count & ~7)..<count {
            let set = unsafe mask[index >> 3] >> UInt8(index & 7) & 1
            unsafe out[index] = values[place] & (0 &- set)
            place &+= Int(set)
        }
        next = place
    }
}
