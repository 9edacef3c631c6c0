internal import Archive
internal import Bundle
internal import Faults
internal import Sealing

/// Takes the archive stream of a delta and cuts it where the plans say.
///
/// What is no planned content (headers, padding, files too small for a record of their own) runs
/// together into chunks of its own.
final class DeltaSink: ArchiveSink {
    private let pack: PackWriter
    private let sealed: SealedRanges
    private var digest: SHA256
    private var chunk: [UInt8] = []
    private var plans: ArraySlice<ChunkPlan> = []
    /// Bytes of the stream so far.
    private(set) var length: Int64 = 0

    init(_ pack: PackWriter, sealed: SealedRanges) throws(Fault) {
        self.pack = pack
        self.sealed = sealed
        digest = try SHA256()
    }

    /// Says that a file's content comes, and how it is cut; without plans it joins what is around.
    func beginFile(_ plans: [ChunkPlan]) throws(Fault) {
        guard !plans.isEmpty else { return }
        try cut(nil)
        self.plans = plans[...]
    }

    func write(_ bytes: Span<UInt8>) throws(Fault) {
        try digest.update(bytes)
        var start = 0
        while start < bytes.count {
            let limit = plans.first?.length ?? BundleLimits.chunkBytes
            let end = min(bytes.count, start + limit - chunk.count)
            unsafe bytes.extracting(start..<end).withUnsafeBufferPointer {
                unsafe chunk.append(contentsOf: $0)
            }
            length += Int64(end - start)
            start = end
            if chunk.count == limit { try cut(plans.popFirst()) }
        }
    }

    private func cut(_ plan: ChunkPlan?) throws(Fault) {
        guard !chunk.isEmpty else { return }
        let isSealed = sealed.touch(length - Int64(chunk.count)..<length)
        let whole = unsafe chunk.withUnsafeBufferPointer { unsafe Array($0) }
        chunk.removeAll(keepingCapacity: true)
        try pack.append(whole, isSealed: isSealed, plan: plan)
    }

    /// Ends the stream.
    ///
    /// - Returns: the digest of all of it.
    func finish() throws(Fault) -> Digest {
        try cut(nil)
        try pack.flush()
        return try digest.finish()
    }
}
