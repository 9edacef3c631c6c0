/// Differences of bytes in the order of the two bytes before them in the base: the layout `grouped`
/// of width 1.
///
/// In machine code the bytes before are the instruction's, so that the addresses that a relinked
/// program changes stand together, and so does what never changes.
enum FollowingBytes {
    /// How many different pairs of bytes there are.
    static let contexts = 1 << 16

    /// The pair that ends with another byte; before the first byte there are two zeros.
    @inline(__always)
    private static func follow(_ context: Int, _ byte: UInt8) -> Int {
        (context &<< 8 | Int(byte)) & (contexts &- 1)
    }

    /// Sets the counters to where the first byte of each context stands.
    @inline(__always)
    private static func begin(
        _ base: UnsafePointer<UInt8>, _ count: Int, _ next: UnsafeMutablePointer<UInt32>
    ) {
        unsafe next.update(repeating: 0, count: contexts)
        var context = 0
        for index in 0..<count {
            unsafe next[context] &+= 1
            context = follow(context, unsafe base[index])
        }
        var start: UInt32 = 0
        for context in 0..<contexts {
            let many = unsafe next[context]
            unsafe next[context] = start
            start &+= many
        }
    }

    /// Restores the bytes.
    ///
    /// - Parameters:
    ///   - stream: the differences.
    ///   - count: how many.
    ///   - base: as many bytes of the base.
    ///   - next: ``contexts`` counters, which are set here.
    ///   - out: room for all bytes.
    static func join(
        _ stream: UnsafePointer<UInt8>, count: Int, base: UnsafePointer<UInt8>,
        next: UnsafeMutablePointer<UInt32>, into out: UnsafeMutablePointer<UInt8>
    ) {
        unsafe begin(base, count, next)
        var context = 0
        for index in 0..<count {
            let byte = unsafe base[index]
            let place = unsafe next[context]
            unsafe next[context] = place &+ 1
            unsafe out[index] = NumberJoining.unfold(stream[Int(place)]) &+ byte
            context = follow(context, byte)
        }
    }

    /// Where each byte's difference stands.
    static func places(_ base: UnsafePointer<UInt8>, count: Int) -> [Int32] {
        var next = [UInt32](repeating: 0, count: contexts)
        var order = [Int32](repeating: 0, count: count)
        unsafe next.withUnsafeMutableBufferPointer { next in
            guard let next = next.baseAddress else { return }
            unsafe begin(base, count, next)
            var context = 0
            for index in 0..<count {
                order[index] = Int32(bitPattern: unsafe next[context])
                unsafe next[context] &+= 1
                context = follow(context, unsafe base[index])
            }
        }
        return order
    }
}
