internal import Bundle
internal import Dispatch
internal import Faults
internal import Locks

/// Encodes chunks on several processors; what comes out does not depend on how many.
enum ParallelEncoder {
    private struct Work {
        var next = 0
        var results: [CodedChunk?]
        var fault: Fault?
    }

    /// A chunk to encode.
    struct Chunk: Sendable {
        /// Its bytes.
        let plain: [UInt8]
        /// What it may be made from, in a delta.
        let plan: ChunkPlan?
    }

    /// Encodes every chunk by itself.
    ///
    /// - Parameters:
    ///   - chunks: what to encode.
    ///   - level: zstd's level.
    ///   - workers: how many threads at most.
    ///   - delta: what knows the base; `nil` in a full bundle.
    /// - Returns: the encoded chunks, in their order.
    /// - Throws: the first fault of an encoder.
    static func encode(
        _ chunks: [Chunk], level: Int, workers: Int, delta: DeltaCoder?
    ) throws(Fault) -> [CodedChunk] {
        let work = Guarded(Work(results: [CodedChunk?](repeating: nil, count: chunks.count)))
        DispatchQueue.concurrentPerform(iterations: max(1, min(workers, chunks.count))) { _ in
            do throws(Fault) {
                var encoder = try ChunkEncoder(level: level)
                while let number = take(work, of: chunks.count) {
                    let chunk = chunks[number]
                    let encoded =
                        if let delta {
                            try delta.encode(chunk.plain, chunk.plan, &encoder)
                        } else {
                            CodedChunk(try encoder.best(chunk.plain.span))
                        }
                    work.withLock { $0.results[number] = encoded }
                }
            } catch {
                work.withLock { $0.fault = $0.fault ?? error }
            }
        }
        return try work.withLock { (work) throws(Fault) in
            if let fault = work.fault { throw fault }
            return work.results.compactMap { $0 }
        }
    }

    /// The next chunk that nobody has begun; `nil` where there is none or another worker failed.
    private static func take(_ work: Guarded<Work>, of count: Int) -> Int? {
        work.withLock { work in
            guard work.next < count, work.fault == nil else { return nil }
            defer { work.next += 1 }
            return work.next
        }
    }
}
