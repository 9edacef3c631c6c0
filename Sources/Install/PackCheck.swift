public import Bundle
public import Faults
internal import Sealing

/// Holds every stored chunk against its digest, without opening or decoding anything.
public enum PackCheck {
    /// Reads the whole pack once.
    ///
    /// - Parameters:
    ///   - bundle: the bundle.
    ///   - keys: its keys, for a sealed index; `nil` for an unsealed bundle.
    ///   - checkpoint: called before each chunk; what it throws ends the check.
    /// - Throws: a `Fault` of code `malformed` for the first chunk that was altered.
    public static func run(
        _ bundle: VerifiedBundle, keys: borrowing ContentKeys?,
        checkpoint: (PipeProgress) throws(Fault) -> Void
    ) throws(Fault) {
        var index = try IndexReader(bundle, keys: keys)
        var digest = try SHA256()
        let manifest = bundle.manifest
        var progress = PipeProgress(
            fetchTotal: manifest.packLength, plainTotal: manifest.stream.length)
        var number = 0
        var buffer: [UInt8] = []
        while let entry = try index.next() {
            try checkpoint(progress)
            if let stored = entry.stored {
                ChunkWork.fit(&buffer, stored.length)
                try bundle.source.read(
                    at: bundle.preamble.packOffset + stored.position, count: stored.length,
                    into: &buffer)
                guard
                    try digest.digest(buffer.span.extracting(0..<stored.length)) == stored.digest
                else { throw Fault.alteredChunk(number, stored) }
                progress.fetched = max(progress.fetched, stored.position + Int64(stored.length))
            }
            progress.plain += Int64(entry.plainLength)
            number += 1
        }
    }
}
