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

    /// A chunk of the stream, stored in a place that may not be written yet.
    private struct Waiting {
        let plainLength: Int
        let plainDigest: Digest
        let place: Int
    }

    /// Bytes to encode and store; `number` is that of the first chunk that has them.
    private struct Job {
        let plain: [UInt8]
        let number: UInt32
        let isSealed: Bool
        let place: Int
    }

    private let spool: Descriptor
    private let level: Int
    private let workers: Int
    private var cipher: ChunkCipher?
    private var sha: SHA256
    private var places: [IndexEntry.Stored?] = []
    private var known: [Key: Int] = [:]
    private var waiting: [Waiting] = []
    private var jobs: [Job] = []
    private var jobBytes = 0
    private var chunks: UInt32 = 0
    private(set) var index = IndexWriter()
    /// Bytes of the pack so far.
    private(set) var length: Int64 = 0

    init(
        spool: consuming Descriptor, level: Int, workers: Int, keys: borrowing ContentKeys?
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
    }

    func append(_ plain: [UInt8], isSealed: Bool) throws(Fault) {
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
            jobs.append(Job(plain: plain, number: chunks, isSealed: isSealed, place: place))
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
            jobs.map(\.plain), level: level, workers: workers)
        for (job, bytes) in zip(jobs, encoded) { try store(bytes, of: job) }
        for chunk in waiting {
            let entry = IndexEntry(
                codec: .zstd, plainLength: chunk.plainLength, plainDigest: chunk.plainDigest,
                stored: places[chunk.place])
            try index.append(entry)
        }
        jobs.removeAll(keepingCapacity: true)
        waiting.removeAll(keepingCapacity: true)
        jobBytes = 0
    }

    private func store(_ encoded: [UInt8], of job: Job) throws(Fault) {
        let number = job.isSealed ? job.number : nil
        var bytes = encoded
        if let number, let sealed = try cipher?.seal(encoded.span, number: number) {
            bytes = sealed
        }
        guard length + Int64(bytes.count) <= BundleLimits.packBytes else {
            throw Fault(.source, "The pack needs more than \(BundleLimits.packBytes) bytes.")
        }
        places[job.place] = IndexEntry.Stored(
            position: length, length: bytes.count, digest: try sha.digest(bytes.span),
            sealNumber: number)
        try spool.write(bytes.span, "the pack's temporary file")
        length += Int64(bytes.count)
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
