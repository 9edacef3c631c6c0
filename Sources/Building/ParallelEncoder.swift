internal import Bundle
internal import Dispatch
internal import Faults
internal import Synchronization

/// Encodes chunks on several processors; what comes out does not depend on how many.
enum ParallelEncoder {
    private struct Work {
        var next = 0
        var results: [[UInt8]]
        var fault: Fault?
    }

    /// Encodes every chunk by itself.
    ///
    /// - Parameters:
    ///   - chunks: the plain bytes.
    ///   - level: zstd's level.
    ///   - workers: how many threads at most.
    /// - Returns: the encoded bytes, in the chunks' order.
    /// - Throws: the first fault of an encoder.
    static func encode(
        _ chunks: [[UInt8]], level: Int, workers: Int
    ) throws(Fault) -> [[UInt8]] {
        let work = Mutex(Work(results: [[UInt8]](repeating: [], count: chunks.count)))
        DispatchQueue.concurrentPerform(iterations: max(1, min(workers, chunks.count))) { _ in
            do throws(Fault) {
                var encoder = try ChunkEncoder(level: level)
                while let number = take(work, of: chunks.count) {
                    let chunk = chunks[number]
                    let encoded = try encoder.encode(chunk.span)
                    work.withLock { $0.results[number] = encoded }
                }
            } catch {
                work.withLock { $0.fault = $0.fault ?? error }
            }
        }
        return try work.withLock { (work) throws(Fault) in
            if let fault = work.fault { throw fault }
            return work.results
        }
    }

    /// The next chunk that nobody has begun; `nil` where there is none or another worker failed.
    private static func take(_ work: borrowing Mutex<Work>, of count: Int) -> Int? {
        work.withLock { work in
            guard work.next < count, work.fault == nil else { return nil }
            defer { work.next += 1 }
            return work.next
        }
    }
}
