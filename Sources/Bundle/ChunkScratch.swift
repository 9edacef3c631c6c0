internal import Faults
internal import Glibc

/// The memory that a decoder works in: made once, never grown.
///
/// It is asked of the kernel untouched, so that a decoder that meets only `zstd` never holds it.
@safe
struct ChunkScratch: ~Copyable {
    /// A chunk, the map of a packed one, and slack for loops that take eight bytes at a time.
    private static let room = BundleLimits.chunkBytes + 256
    /// What zstd decodes to.
    let content: UnsafeMutablePointer<UInt8>
    /// The content with its packed runs opened.
    let stream: UnsafeMutablePointer<UInt8>
    /// The nonzero values of packed runs.
    let values: UnsafeMutablePointer<UInt8>
    /// 256 counters for each lane of a grouped layout.
    let counters: UnsafeMutablePointer<UInt32>
    /// A counter for each pair of bytes.
    let pairs: UnsafeMutablePointer<UInt32>

    init() throws(Fault) {
        let lanes = 256 * NumberJoining.lanes
        let content = unsafe calloc(1, ChunkScratch.room)
        let stream = unsafe calloc(1, ChunkScratch.room)
        let values = unsafe calloc(1, ChunkScratch.room)
        let counters = unsafe calloc(lanes, MemoryLayout<UInt32>.stride)
        let pairs = unsafe calloc(FollowingBytes.contexts, MemoryLayout<UInt32>.stride)
        guard let content = unsafe content, let stream = unsafe stream,
            let values = unsafe values, let counters = unsafe counters, let pairs = unsafe pairs
        else {
            unsafe free(content)
            unsafe free(stream)
            unsafe free(values)
            unsafe free(counters)
            unsafe free(pairs)
            throw Fault(.noSpace, "No memory for the chunk decoder.")
        }
        unsafe self.content = content.bindMemory(to: UInt8.self, capacity: ChunkScratch.room)
        unsafe self.stream = stream.bindMemory(to: UInt8.self, capacity: ChunkScratch.room)
        unsafe self.values = values.bindMemory(to: UInt8.self, capacity: ChunkScratch.room)
        unsafe self.counters = counters.bindMemory(to: UInt32.self, capacity: lanes)
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
