internal import Archive
internal import Bundle
internal import Faults
internal import Sealing

/// Reads each chunk's bytes from where the plan says, and notes in the journal what was unpacked.
///
/// It believes nothing: a copy that could not be read leaves other bytes, which their digest finds.
final class ChunkFeed {
    private let bundle: VerifiedBundle
    private let plan: FillPlan?
    private let local: LocalChunks
    private let settler: Settler?
    private var cursor: ExtentCursor?
    private var start: Int64 = 0
    /// The chunks that others repeat and that were unpacked, by their positions in the pack.
    private var unpacked: [Int64: Copy] = [:]
    /// Bytes of the bundle that were read.
    private(set) var fetched: Int64 = 0

    /// Where the plain bytes of a chunk can be had again.
    private struct Copy {
        let digest: Digest
        /// The place in the slot that is filled; `nil` where the journal keeps the chunk.
        let place: SlotIndex.Place?
        /// Where in the stream it stood.
        let start: Int64
    }

    init(_ bundle: VerifiedBundle, _ supply: ChunkSupply) throws(Fault) {
        self.bundle = bundle
        plan = supply.plan
        local = supply.local
        settler = supply.settler
        cursor = try supply.local.journal?.cursor()
    }

    private func way(of entry: IndexEntry, _ number: Int) -> FillPlan.Way {
        plan?.way(of: number) ?? (entry.stored == nil ? .base : .fetch)
    }

    /// Whether a chunk comes from the pack by the plan.
    func isFetched(_ entry: IndexEntry, number: Int) -> Bool { way(of: entry, number) == .fetch }

    /// Whether a chunk repeats one that is not unpacked yet.
    func waits(_ entry: IndexEntry, number: Int) -> Bool {
        guard way(of: entry, number) == .repeated, let stored = entry.stored else { return false }
        return unpacked[stored.position] == nil
    }

    /// Puts the next chunk into `work`.
    func load(
        _ work: ChunkWork, _ entry: IndexEntry, number: Int, paths: [String]
    ) throws(Fault) {
        work.entry = entry
        work.number = number
        work.start = start
        work.path = ""
        work.offset = 0
        work.verdict = .whole
        start += Int64(entry.plainLength)
        guard try loadCopy(work, by: way(of: entry, number), paths) else {
            return try loadStored(work, paths)
        }
    }

    /// Loads plain bytes that stand here.
    ///
    /// - Returns: `false` where the chunk comes from the pack.
    private func loadCopy(
        _ work: ChunkWork, by way: FillPlan.Way, _ paths: [String]
    ) throws(Fault) -> Bool {
        let entry = work.entry
        var place: SlotIndex.Place?
        var files = local.runningFiles
        var kept = work.start
        switch way {
        case .fetch: return false
        case .kept: work.origin = .journal
        case .placed:
            work.origin = .placed
            place = cursor?.place(of: work.range)
            files = local.spareFiles
        case .copied:
            work.origin = .copied
            place = local.running?.find(entry.plainDigest, length: entry.plainLength)
        case .repeated:
            guard let known = entry.stored.flatMap({ unpacked[$0.position] }),
                known.digest == entry.plainDigest
            else { return false }
            work.origin = known.place == nil ? .journal : .placed
            place = known.place
            kept = known.start
            files = local.spareFiles
        case .base:
            work.origin = .base
            if let base = entry.base { place = ChunkFeed.place(base, paths) }
        }
        work.makeRoom()
        if work.origin == .journal {
            _ = local.journal?.readHead(at: kept, into: &work.plain)
        } else if let place {
            work.path = place.path
            work.offset = place.offset
            _ = files?.read(
                place.path, at: place.offset, count: entry.plainLength, into: &work.plain)
        }
        return true
    }

    /// Loads stored bytes from the pack, and the base range that they are decoded with.
    func loadStored(_ work: ChunkWork, _ paths: [String]) throws(Fault) {
        work.origin = .pack
        work.makeRoom()
        if let base = work.entry.base {
            let place = ChunkFeed.place(base, paths)
            work.path = place?.path ?? ""
            if let place, local.isBase {
                _ = local.runningFiles?.read(
                    place.path, at: place.offset, count: base.length, into: &work.base)
            }
        }
        guard let stored = work.entry.stored else {
            throw Fault(.internalError, "A chunk that stores nothing was to be read from the pack.")
        }
        try settler?.begin(stored.length)
        try bundle.source.read(
            at: bundle.preamble.packOffset + stored.position, count: stored.length,
            into: &work.stored)
        fetched += Int64(stored.length)
    }

    private static func place(_ base: IndexEntry.BaseRange, _ paths: [String]) -> SlotIndex.Place? {
        guard base.path < paths.count else { return nil }
        return SlotIndex.Place(path: paths[Int(base.path)], offset: base.offset)
    }

    /// Notes a chunk that was unpacked.
    ///
    /// - Parameters:
    ///   - work: the chunk.
    ///   - plain: its plain bytes, at the beginning.
    /// - Throws: a `Fault` of the disk.
    func retire(_ work: ChunkWork, _ plain: [UInt8]) throws(Fault) {
        guard let journal = local.journal else { return }
        let place = journal.place(of: work.range)
        let position = work.entry.stored?.position ?? -1
        let isRepeated = plan?.repeats.contains(position) == true
        // What came from the journal is there.
        if place == nil, bundle.source.isRemote || isRepeated, work.origin != .journal {
            try journal.keepHead(
                plain.span.extracting(0..<work.entry.plainLength), at: work.start)
        }
        if isRepeated, place != nil || unpacked[position] == nil {
            unpacked[position] = Copy(
                digest: work.entry.plainDigest, place: place, start: work.start)
        }
        try journal.unpacked(to: work.range.upperBound)
    }
}
