internal import Bundle
internal import DurableFiles
internal import Faults
internal import Sealing

/// Stores chunks in the pack, each once, and lists them in the index.
///
/// Chunks wait until a batch is full and are encoded together; memory is one batch, whatever the
/// tree's size. A sealed and an unsealed chunk of the same bytes are stored apart.
final class PackWriter {
    private static let batchBytes = 8 << 20
    private static let batchChunks = 1024

    private struct Key: Hashable {
        let digest: Digest
        let isSealed: Bool
    }

    /// How a chunk was encoded, and where it is stored.
    private struct Place {
        let codec: ChunkCodec
        let width: Int
        let layout: ChunkLayout
        let stored: IndexEntry.Stored?
        let base: IndexEntry.BaseRange?
    }

    /// A chunk of the stream, stored in a place that may not be written yet.
    private struct Waiting {
        let plainLength: Int
        let plainDigest: Digest
        let place: Int
    }

    /// Bytes to encode and store; `number` is that of the first chunk that has them.
    private struct Job {
        let chunk: ParallelEncoder.Chunk
        let number: UInt32
        let isSealed: Bool
        let place: Int
    }

    private let spool: Descriptor
    private let level: Int
    private let workers: Int
    private var cipher: ChunkCipher?
    private var sha: SHA256
    private let delta: DeltaCoder?
    private var places: [Place?] = []
    private var known: [Key: Int] = [:]
    private var waiting: [Waiting] = []
    private var jobs: [Job] = []
    private var jobBytes = 0
    private var chunks: UInt32 = 0
    private(set) var index = IndexWriter()
    /// Bytes of the pack so far.
    private(set) var length: Int64 = 0

    /// Begins a pack.
    ///
    /// - Parameters:
    ///   - spool: a file that takes it.
    ///   - level: zstd's level.
    ///   - workers: how many threads encode.
    ///   - keys: what seals; `nil` where nothing is sealed.
    ///   - delta: what knows the base of a delta.
    ///   - paths: the base paths of a delta.
    /// - Throws: a `Fault` where there are too many paths, or no memory.
    init(
        spool: consuming Descriptor, level: Int, workers: Int, keys: borrowing ContentKeys?,
        delta: DeltaCoder? = nil, paths: [String] = []
    ) throws(Fault) {
        cipher =
            switch keys {
            case .some(let keys): try keys.packCipher()
            case .none: nil
            }
        sha = try SHA256()
        self.spool = spool
        self.level = level
        self.workers = workers
        self.delta = delta
        for path in paths { try index.append(path: path) }
    }

    func append(
        _ plain: [UInt8], isSealed: Bool, plan: ChunkPlan? = nil
    ) throws(Fault) {
        let isSealed = isSealed && cipher != nil
        let digest = try sha.digest(plain.span)
        let key = Key(digest: digest, isSealed: isSealed)
        let place: Int
        if let stored = known[key] {
            place = stored
        } else {
            place = places.count
            places.append(nil)
            known[key] = place
            let chunk = ParallelEncoder.Chunk(plain: plain, plan: plan)
            jobs.append(Job(chunk: chunk, number: chunks, isSealed: isSealed, place: place))
            jobBytes += plain.count
        }
        waiting.append(Waiting(plainLength: plain.count, plainDigest: digest, place: place))
        chunks += 1
        if jobBytes >= PackWriter.batchBytes || waiting.count >= PackWriter.batchChunks {
            try flush()
        }
    }

    /// Stores what waits; the index is complete after it.
    func flush() throws(Fault) {
        let encoded = try ParallelEncoder.encode(
            jobs.map(\.chunk), level: level, workers: workers, delta: delta)
        for (job, coded) in zip(jobs, encoded) {
            places[job.place] = Place(
                codec: coded.codec, width: coded.width, layout: coded.layout,
                stored: coded.codec.isStored ? try store(coded.coded, of: job) : nil,
                base: coded.base)
        }
        for chunk in waiting {
            guard let place = places[chunk.place] else {
                throw Fault(.internalError, "A chunk was not encoded.")
            }
            try index.append(
                IndexEntry(
                    codec: place.codec, width: place.width, layout: place.layout,
                    plainLength: chunk.plainLength, plainDigest: chunk.plainDigest,
                    stored: place.stored, base: place.base))
        }
        jobs.removeAll(keepingCapacity: true)
        waiting.removeAll(keepingCapacity: true)
        jobBytes = 0
    }

    private func store(
        _ encoded: [UInt8], of job: Job
    ) throws(Fault) -> IndexEntry.Stored {
        let number = job.isSealed ? job.number : nil
        var bytes = encoded
        if let number, let sealed = try cipher?.seal(encoded.span, number: number) {
            bytes = sealed
        }
        guard length + Int64(bytes.count) <= BundleLimits.packBytes else {
            throw Fault(.source, "The pack needs more than \(BundleLimits.packBytes) bytes.")
        }
        let stored = IndexEntry.Stored(
            position: length, length: bytes.count, digest: try sha.digest(bytes.span),
            sealNumber: number)
        try spool.write(bytes.span, "the pack's temporary file")
        length += Int64(bytes.count)
        return stored
    }

    /// Copies the whole pack to its final place.
    func copy(
        to output: inout OutputFile, progress: (Int64) -> Void
    ) throws(Fault) {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var done: Int64 = 0
        while done < length {
            let count = try spool.read(
                at: done, into: &buffer, count: Int(min(Int64(buffer.count), length - done)),
                "the pack's temporary file")
            guard count > 0 else {
                throw Fault(.storage, "The pack's temporary file ends at byte \(done).")
            }
            try output.write(buffer.span.extracting(0..<count))
            done += Int64(count)
            progress(done)
        }
    }
}
