internal import Faults
internal import Glibc

/// The memory that a decoder works in: made once, never grown.
///
/// It is asked of the kernel untouched, so that a decoder that meets only `zstd` never holds it.
@safe
struct ChunkScratch: ~Copyable {
    /// A chunk, the map of a packed one, and slack for loops that take eight bytes at a time.
    private static let room = BundleLimits.chunkBytes + 256
    private let memory: UnsafeMutablePointer<UInt8>
    /// 256 counters for each lane of a grouped layout.
    let counters: UnsafeMutablePointer<UInt32>
    /// A counter for each pair of bytes.
    let pairs: UnsafeMutablePointer<UInt32>

    init() throws(Fault) {
        let count = 256 * NumberJoining.lanes
        guard let memory = unsafe calloc(3, ChunkScratch.room),
            let counters = unsafe calloc(count, MemoryLayout<UInt32>.stride),
            let pairs = unsafe calloc(FollowingBytes.contexts, MemoryLayout<UInt32>.stride)
        else { throw Fault(.noSpace, "No memory for the chunk decoder.") }
        unsafe self.memory = memory.bindMemory(
            to: UInt8.self, capacity: 3 * ChunkScratch.room)
        unsafe self.counters = counters.bindMemory(to: UInt32.self, capacity: count)
        unsafe self.pairs = pairs.bindMemory(
            to: UInt32.self, capacity: FollowingBytes.contexts)
    }

    deinit {
        unsafe free(content)
        unsafe free(stream)
        unsafe free(values)
        unsafe free(counters)
        unsafe free(pairs)
    }
}
