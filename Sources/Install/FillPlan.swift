internal import Archive
public import Bundle
public import Faults

/// By which way each chunk of a bundle will come, known before the first byte of its pack.
public struct FillPlan: Sendable {
    /// The way of one chunk.
    enum Way: UInt8 {
        /// From the pack.
        case fetch
        /// From the journal: an earlier install has kept it.
        case kept
        /// It stands already where it has to be in the slot that is filled.
        case placed
        /// Copied from the slot that runs, by its digest.
        case copied
        /// Copied from the range of the base that the delta names.
        case base
        /// Copied from the slot that is filled: an earlier chunk has the same bytes.
        case repeated
    }

    private var ways: [UInt8] = []
    /// Positions in the pack that several chunks are stored at.
    private(set) var repeats: Set<Int64> = []
    /// The ranges of the bundle's file that will be read, ascending.
    public private(set) var ranges: [Range<Int64>] = []
    /// Bytes of the bundle's file that will be fetched, with what is fetched between ranges.
    public private(set) var fetch: Int64 = 0
    /// Bytes of the stream that are copied from the slot that runs.
    public private(set) var reused: Int64 = 0
    /// Bytes of the stream that repeat what came before in it.
    public private(set) var repeated: Int64 = 0
    /// Bytes of the stream that stand in the slot that is filled.
    public private(set) var placed: Int64 = 0
    /// Bytes of the stream in all.
    public private(set) var total: Int64 = 0

    /// Makes a plan.
    ///
    /// - Parameters:
    ///   - bundle: the bundle, whose whole index is read.
    ///   - keys: its keys; `nil` for an unsealed one.
    ///   - local: what stands here.
    /// - Returns: the plan.
    /// - Throws: a `Fault` of code `malformed`, or the source's own.
    public static func make(
        _ bundle: VerifiedBundle, keys: borrowing ContentKeys?, local: LocalChunks
    ) throws(Fault) -> FillPlan {
        var plan = FillPlan()
        plan.ways.reserveCapacity(bundle.manifest.index.chunks)
        var index = try IndexReader(bundle, keys: keys)
        var cursor = try local.journal?.cursor()
        var end: Int64 = 0
        while let entry = try index.next() {
            let range = plan.total..<plan.total + Int64(entry.plainLength)
            let way = plan.way(of: entry, range, local, &cursor, packEnd: end)
            plan.add(entry, by: way, bundle.preamble.packOffset)
            if let stored = entry.stored { end = max(end, stored.position + Int64(stored.length)) }
        }
        plan.fetch = bundle.source.plannedBytes(plan.ranges)
        return plan
    }

    private mutating func way(
        of entry: IndexEntry, _ range: Range<Int64>, _ local: LocalChunks,
        _ cursor: inout ExtentCursor?, packEnd: Int64
    ) -> Way {
        if let journal = local.journal, range.upperBound <= journal.progress {
            if cursor?.place(of: range) != nil { return .placed }
            if journal.hasHead(at: range.lowerBound, length: entry.plainLength) { return .kept }
        }
        if local.running?.find(entry.plainDigest, length: entry.plainLength) != nil {
            return .copied
        }
        guard let stored = entry.stored else { return .base }
        guard stored.position < packEnd else { return .fetch }
        repeats.insert(stored.position)
        return .repeated
    }

    private mutating func add(_ entry: IndexEntry, by way: Way, _ packOffset: Int64) {
        ways.append(way.rawValue)
        total += Int64(entry.plainLength)
        switch way {
        case .fetch:
            guard let stored = entry.stored else { return }
            let start = packOffset + stored.position
            let end = start + Int64(stored.length)
            if let last = ranges.last, last.upperBound == start {
                ranges[ranges.count - 1] = last.lowerBound..<end
            } else {
                ranges.append(start..<end)
            }
        case .kept, .placed: placed += Int64(entry.plainLength)
        case .repeated: repeated += Int64(entry.plainLength)
        case .copied, .base: reused += Int64(entry.plainLength)
        }
    }

    /// The way of a chunk.
    func way(of chunk: Int) -> Way {
        chunk < ways.count ? Way(rawValue: ways[chunk]) ?? .fetch : .fetch
    }
}
