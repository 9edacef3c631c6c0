internal import Archive
internal import Bundle
internal import Faults
internal import Sealing

/// Takes the archive stream: digests it, cuts it into chunks and hands them to the pack.
final class StreamSink: ArchiveSink {
    private let pack: PackWriter
    private var chunker: Chunker
    private var digest: SHA256
    private var isSealed = false
    /// Bytes of the stream so far.
    private(set) var length: Int64 = 0

    init(_ pack: PackWriter, sizes: ChunkSizes) throws(Fault) {
        digest = try SHA256()
        chunker = Chunker(sizes)
        self.pack = pack
    }

    /// Says that what comes belongs to a file that is sealed, or not.
    ///
    /// Headers of several entries may share a chunk; it is sealed if one of them is to be.
    func beginHeader(isSealed: Bool) { self.isSealed = self.isSealed || isSealed }

    /// Cuts here, so that a chunk begins; content of one file never shares a chunk with anything.
    func cut(isSealed: Bool) throws(Fault) {
        if let chunk = chunker.cut() { try pack.append(chunk, isSealed: self.isSealed) }
        self.isSealed = isSealed
    }

    func write(_ bytes: Span<UInt8>) throws(Fault) {
        length += Int64(bytes.count)
        guard length <= BundleLimits.streamBytes else {
            throw Fault(.source, "The archive needs more than \(BundleLimits.streamBytes) bytes.")
        }
        try digest.update(bytes)
        for chunk in chunker.push(bytes) { try pack.append(chunk, isSealed: isSealed) }
    }

    /// Ends the stream.
    ///
    /// - Returns: the digest of all of it.
    func finish() throws(Fault) -> Digest {
        try cut(isSealed: false)
        try pack.flush()
        return try digest.finish()
    }
}
