internal import Bundle
internal import Faults
internal import Sealing

/// One chunk on its way: its index entry, its bytes in each form, and what came of it.
///
/// An owner fills it, hands it to a worker, and gets it back; never do two threads have it at once. Its
/// buffers go round with it, so that nothing is allocated a chunk.
final class ChunkWork: @unchecked Sendable {
    /// What a worker found.
    enum Verdict {
        /// The plain bytes are what the index says.
        case whole
        /// The base range is not what the index says.
        case baseDamaged
        /// The plain bytes, which were copied, are not what the index says.
        case otherBytes
        /// The chunk is not acceptable.
        case fault(Fault)
    }

    /// Where a chunk's bytes came from.
    enum Origin: Equatable {
        /// The bundle's pack, by whatever way it comes.
        case pack
        /// The journal, which keeps what stands in no file.
        case journal
        /// A file of the slot that is filled, often the very place where the chunk has to be.
        case placed
        /// A file of the slot that runs.
        case copied
        /// The range of the base that the chunk is a copy of.
        case base
    }

    var number = 0
    var entry: IndexEntry
    var origin = Origin.pack
    /// The file that bytes were copied from, or the base's; for messages.
    var path = ""
    /// Where in that file they begin.
    var offset: Int64 = 0
    /// Where in the archive's stream the chunk begins.
    var start: Int64 = 0
    var stored: [UInt8] = []
    var base: [UInt8] = []
    var plain: [UInt8] = []
    var verdict = Verdict.whole

    init(_ entry: IndexEntry) { self.entry = entry }

    /// Where in the archive's stream the chunk stands.
    var range: Range<Int64> { start..<start + Int64(entry.plainLength) }

    /// Whether `plain` holds the bytes already, so that only their digest is to be checked.
    var isPlain: Bool { origin != .pack }

    /// Sees that the buffers have room for the chunk, and lets go of ones that are far too large.
    func makeRoom() {
        ChunkWork.fit(&stored, isPlain ? 0 : entry.stored?.length ?? 0)
        ChunkWork.fit(&base, isPlain ? 0 : entry.base?.length ?? 0)
        ChunkWork.fit(&plain, entry.plainLength)
    }

    static func fit(_ buffer: inout [UInt8], _ count: Int) {
        // What is far too large is given back, or in time all would be as large as the largest.
        guard buffer.count < count || buffer.count > 2 * count + (128 << 10) else { return }
        buffer = []
        let rounded = (count + 0xFFFF) & ~0xFFFF
        if count > 0 { buffer = [UInt8](repeating: 0, count: rounded) }
    }
}
