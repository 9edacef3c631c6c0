public import Archive
public import Bundle
public import Faults
internal import Sealing

/// How far a pipe has come.
public struct PipeProgress: Sendable, Equatable {
    /// Bytes of the pack that were read.
    public var stored: Int64
    /// Bytes of the pack in all.
    public var storedTotal: Int64
    /// Bytes of the archive stream that were produced.
    public var plain: Int64
    /// Bytes of the archive stream in all.
    public var plainTotal: Int64
}

/// Produces the archive stream chunk by chunk: stored digest, open, decode, plain digest.
///
/// No byte reaches a decoder before its digest holds, nor the archive reader before the chunk's own
/// digest does; at the end the whole stream's digest is held against the signed manifest. Memory is
/// one chunk, stored and plain.
public final class ChunkPipe: ArchiveSource {
    private let bundle: VerifiedBundle
    private var index: IndexReader
    private var cipher: ChunkCipher?
    private var decoder: ChunkDecoder
    private var digest: SHA256
    private var stream: SHA256
    private let checkpoint: (PipeProgress) throws(Fault) -> Void
    private var progress: PipeProgress

    /// Makes a pipe.
    ///
    /// - Parameters:
    ///   - bundle: the bundle.
    ///   - keys: its keys; `nil` for an unsealed one.
    ///   - checkpoint: called before each chunk; what it throws ends the pipe.
    /// - Throws: a `Fault`, also where the page table is not what was signed.
    public init(
        _ bundle: VerifiedBundle, keys: borrowing ContentKeys?,
        checkpoint: @escaping (PipeProgress) throws(Fault) -> Void
    ) throws(Fault) {
        self.bundle = bundle
        index = try IndexReader(bundle, keys: keys)
        cipher =
            switch keys {
            case .some(let keys): try keys.packCipher()
            case .none: nil
            }
        decoder = try ChunkDecoder()
        digest = try SHA256()
        stream = try SHA256()
        self.checkpoint = checkpoint
        progress = PipeProgress(bundle.manifest)
    }

    /// The next chunk's plain bytes; `nil` after the last, when the whole stream's digest held.
    public func next() throws(Fault) -> [UInt8]? {
        try checkpoint(progress)
        let number = index.chunk
        guard let entry = try index.next() else {
            guard try stream.finish() == bundle.manifest.stream.digest else {
                throw Fault(
                    .malformed,
                    "The archive stream does not have the digest that the signed "
                        + "manifest names.")
            }
            return nil
        }
        guard let stored = entry.stored else {
            throw Fault(
                .unsupported,
                "Chunk \(number) is a copy from the version that a delta builds on, "
                    + "which this release does not read.", advice: "Install the full bundle.")
        }
        let plain = try decode(number, entry, stored)
        guard try digest.digest(plain.span) == entry.plainDigest else {
            throw Fault(.malformed, "Chunk \(number) decodes to other bytes than the index says.")
        }
        try stream.update(plain.span)
        progress.plain += Int64(plain.count)
        return plain
    }

    private func decode(
        _ number: Int, _ entry: IndexEntry, _ stored: IndexEntry.Stored
    ) throws(Fault) -> [UInt8] {
        var bytes = try bundle.readStored(number, stored, &digest)
        progress.stored = max(progress.stored, stored.position + Int64(stored.length))
        if let seal = stored.sealNumber {
            guard cipher != nil else {
                throw Fault(.malformed, "Chunk \(number) is sealed in a bundle that is not.")
            }
            var opened = [UInt8](repeating: 0, count: max(bytes.count - ChunkCipher.overhead, 0))
            guard try cipher?.open(bytes.span, number: seal, into: &opened) != nil else {
                throw Fault(.malformed, "Chunk \(number) does not open with the bundle's key.")
            }
            bytes = opened
        }
        var plain = [UInt8](repeating: 0, count: entry.plainLength)
        let base: [UInt8] = []
        try decoder.decode(bytes.span, as: entry, base: base.span, into: &plain)
        return plain
    }
}
