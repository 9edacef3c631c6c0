public import Archive
public import Bundle
public import Faults
internal import Sealing
internal import Workers

/// How far a pipe has come.
public struct PipeProgress: Sendable, Equatable {
    /// Bytes of the bundle that were read.
    public var fetched: Int64 = 0
    /// Bytes of the bundle that will be read in all.
    public var fetchTotal: Int64 = 0
    /// Bytes of the archive stream that were produced.
    public var plain: Int64 = 0
    /// Bytes of the archive stream in all.
    public var plainTotal: Int64 = 0
}

/// Produces the archive stream chunk by chunk, each from where the plan says.
///
/// One thread, the caller's, reads index and bytes and hands the chunks out in order; workers digest,
/// open and decode them meanwhile. No byte reaches a decoder before its digest holds, nor the archive
/// reader before the chunk's own digest does. As the chunks' digests stand in an index under the
/// manifest's signature, the stream as a whole needs none. Memory is a few chunks, whatever the bundle's
/// size.
public final class ChunkPipe: ArchiveSource {
    /// Bytes of chunks under way, stored, base and plain, beyond which no further one is begun.
    private static let bytesUnderWay = 3 << 20

    private let bundle: VerifiedBundle
    private var index: IndexReader
    private let feed: ChunkFeed
    private let queue: OrderedQueue<ChunkWork, ChunkWork>
    private let mender: ChunkMender
    private let checkpoint: (PipeProgress) throws(Fault) -> Void
    private let settler: Settler?
    private var spare: [ChunkWork] = []
    /// How many chunks' buffers there are.
    private(set) var works = 0
    /// The chunk that the archive reader has now.
    private var current: ChunkWork?
    /// The entry that comes next, where it was looked at already.
    private var ahead: IndexEntry?
    /// Why no further chunk is begun.
    private var fault: Fault?
    private var progress: PipeProgress

    /// Makes a pipe.
    ///
    /// - Parameters:
    ///   - bundle: the bundle.
    ///   - keys: its keys; `nil` for an unsealed one.
    ///   - supply: the plan, what stands here, and what to do about damage.
    ///   - checkpoint: called before each chunk; what it throws ends the pipe.
    /// - Throws: a `Fault`, also where the page table is not what was signed.
    public init(
        _ bundle: VerifiedBundle, keys: borrowing ContentKeys?, supply: ChunkSupply = ChunkSupply(),
        checkpoint: @escaping (PipeProgress) throws(Fault) -> Void
    ) throws(Fault) {
        if let delta = bundle.manifest.delta, !supply.local.isBase {
            throw Fault(
                .baseDamaged,
                "\(bundle.origin.name) is a delta of version \(delta.baseVersion) (tree "
                    + "\(delta.baseTree.short)…), which is not at hand.",
                advice: "Take the full bundle.")
        }
        self.bundle = bundle
        index = try IndexReader(bundle, keys: keys)
        feed = try ChunkFeed(bundle, supply)
        mender = try ChunkMender(feed, keys: keys, supply)
        queue = try ChunkPipe.queue(keys, reliesOnStored: supply.reliesOnStored)
        settler = supply.settler
        self.checkpoint = checkpoint
        progress = PipeProgress(
            fetchTotal: supply.plan?.fetch ?? bundle.manifest.packLength,
            plainTotal: bundle.manifest.stream.length)
        let pack = bundle.preamble.packOffset
        bundle.source.willRead(
            supply.plan?.ranges ?? [pack..<pack + bundle.manifest.packLength])
    }

    private static func queue(
        _ keys: borrowing ContentKeys?, reliesOnStored: Bool
    ) throws(Fault) -> OrderedQueue<ChunkWork, ChunkWork> {
        let count = min(WorkerPool.processors, 4)
        // A key is not to be copied about: each worker's tools are made here, and taken there.
        let box = try ToolBox(count, keys, reliesOnStored: reliesOnStored)
        return try OrderedQueue(
            name: "chunk", workers: count, maxJobs: count + 1, maxCost: ChunkPipe.bytesUnderWay,
            state: { () throws(Fault) in try box.take() },
            work: { (tools, work, _) throws(Fault) in
                tools.perform(work)
                return work
            })
    }

    /// The next chunk's plain bytes; 0 after the last.
    public func next(into piece: inout [UInt8]) throws(Fault) -> Int {
        if let work = current { try retire(work, piece) }
        try checkpoint(progress)
        // What is wrong further on is said when the chunks before it were found good.
        if fault == nil {
            do throws(Fault) { try fill() } catch { fault = error }
        }
        guard let work = try queue.next() else {
            if let fault { throw fault }
            return 0
        }
        try mender.mend(work, paths: index.paths)
        swap(&piece, &work.plain)
        progress.plain += Int64(work.entry.plainLength)
        current = work
        return work.entry.plainLength
    }

    /// The chunk that was handed out is unpacked: notes it, and keeps its buffers for another.
    private func retire(_ work: ChunkWork, _ piece: [UInt8]) throws(Fault) {
        current = nil
        try feed.retire(work, piece)
        if let settler {
            let stored = work.origin == .pack ? work.entry.stored : nil
            let end = stored.map { bundle.preamble.packOffset + $0.position + Int64($0.length) }
            let cost = bundle.source.isRemote ? stored?.length ?? 0 : work.entry.plainLength
            try settler.unpacked(cost, upTo: end ?? 0)
        }
        if spare.isEmpty { spare.append(work) } else { works -= 1 }
    }

    /// Begins as many chunks as may be under way.
    private func fill() throws(Fault) {
        while true {
            if ahead == nil { ahead = try index.next() }
            guard let entry = ahead else { return }
            let number = index.chunk - 1
            let isFetched = feed.isFetched(entry, number: number)
            let stored = isFetched ? entry.stored?.length ?? 0 : 0
            let cost = stored + entry.plainLength + (isFetched ? entry.base?.length ?? 0 : 0)
            guard queue.hasRoom(cost: cost) else { return }
            if queue.count > 0 {
                if let settler, !settler.allows(stored) { return }
                // What it repeats has to be unpacked first.
                if feed.waits(entry, number: number) { return }
            }
            ahead = nil
            let work = takeWork(entry)
            try feed.load(work, entry, number: number, paths: index.paths)
            progress.fetched = feed.fetched
            try queue.submit(work, cost: cost)
        }
    }

    private func takeWork(_ entry: IndexEntry) -> ChunkWork {
        if let work = spare.popLast() { return work }
        works += 1
        return ChunkWork(entry)
    }

    /// Whether a range of the stream was read from that very place of the slot that is filled.
    ///
    /// The journal alone does not say so: where it is wrong, the bytes may be those of a twin.
    func isPlaced(_ range: Range<Int64>, in path: String, at offset: Int64) -> Bool {
        guard let current, current.origin == .placed, current.path == path else { return false }
        return current.range.lowerBound <= range.lowerBound
            && range.upperBound <= current.range.upperBound
            && current.offset + (range.lowerBound - current.range.lowerBound) == offset
    }
}
