public import Bundle
public import Faults
internal import Sealing

/// Reads a stretch of the archive stream from the full bundle, where a delta's base is damaged.
///
/// Delta and full bundle unpack to one stream, so any range of it can come from either.
public final class FullStretch {
    private let bundle: VerifiedBundle
    private let keys: ContentKeys?
    private let tools: ChunkTools
    private var index: IndexReader?
    private var start: Int64 = 0
    /// The chunk that was decoded last; neighbouring stretches often need it again.
    private var last: ChunkWork?

    /// Makes a reader; nothing is read yet.
    ///
    /// - Parameters:
    ///   - bundle: the full bundle, of the same stream.
    ///   - keys: its keys; `nil` for an unsealed one.
    /// - Throws: a `Fault` where a library refuses.
    public init(_ bundle: VerifiedBundle, keys: consuming ContentKeys?) throws(Fault) {
        self.bundle = bundle
        tools = try ChunkTools(keys)
        self.keys = keys
    }

    /// Reads a range of the stream.
    ///
    /// - Parameters:
    ///   - range: the range, at most a chunk long.
    ///   - buffer: gets the bytes at its beginning.
    ///   - charge: told of the bytes that a piece of it will cost, before they are read; what it
    ///     throws ends the reading.
    /// - Throws: a `Fault`.
    func read(
        _ range: Range<Int64>, into buffer: inout [UInt8], charge: (Int64) throws(Fault) -> Void
    ) throws(Fault) {
        var wanted = range.lowerBound
        while wanted < range.upperBound {
            let work = try chunk(at: wanted, charge)
            let from = Int(wanted - work.start)
            let count = Int(min(range.upperBound, work.range.upperBound) - wanted)
            let target = Int(wanted - range.lowerBound)
            buffer.replaceSubrange(
                target..<target + count, with: work.plain[from..<from + count])
            wanted += Int64(count)
        }
    }

    private func chunk(
        at offset: Int64, _ charge: (Int64) throws(Fault) -> Void
    ) throws(Fault) -> ChunkWork {
        if let last, last.range.contains(offset) { return last }
        if index == nil || offset < start {
            index = try IndexReader(bundle, keys: keys)
            start = 0
        }
        let spare = last
        last = nil
        while let number = index?.chunk, let entry = try index?.next() {
            let work = spare ?? ChunkWork(entry)
            work.entry = entry
            work.number = number
            work.start = start
            start += Int64(entry.plainLength)
            guard work.range.contains(offset) else { continue }
            try fetch(work, charge)
            last = work
            return work
        }
        throw Fault(
            .malformed,
            "The full bundle's stream ends before byte \(offset), which its delta has.",
            advice: "Build the delta anew.")
    }

    private func fetch(
        _ work: ChunkWork, _ charge: (Int64) throws(Fault) -> Void
    ) throws(Fault) {
        guard let stored = work.entry.stored, work.entry.base == nil else {
            throw Fault(
                .malformed, "Chunk \(work.number) of a full bundle has a base.",
                advice: "Build the full bundle anew.")
        }
        work.origin = .pack
        work.makeRoom()
        try charge(Int64(stored.length))
        try bundle.source.read(
            at: bundle.preamble.packOffset + stored.position, count: stored.length,
            into: &work.stored)
        tools.perform(work)
        switch work.verdict {
        case .whole: return
        case .fault(let fault): throw fault
        case .otherBytes, .baseDamaged:
            throw Fault(
                .malformed, "Chunk \(work.number) of the full bundle does not decode.",
                advice: "Build the full bundle anew.")
        }
    }
}
