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
        var progress = PipeProgress(bundle.manifest)
        var number = 0
        while let entry = try index.next() {
            try checkpoint(progress)
            if let stored = entry.stored {
                _ = try bundle.readStored(number, stored, &digest)
                progress.stored = max(progress.stored, stored.position + Int64(stored.length))
            }
            progress.plain += Int64(entry.plainLength)
            number += 1
        }
    }
}

extension VerifiedBundle {
    /// The stored bytes of a chunk, once their digest held.
    func readStored(
        _ number: Int, _ stored: IndexEntry.Stored, _ digest: inout SHA256
    ) throws(Fault) -> [UInt8] {
        let bytes = try source.read(
            at: preamble.packOffset + stored.position, count: stored.length)
        guard try digest.digest(bytes.span) == stored.digest else {
            throw Fault(
                .malformed,
                "Chunk \(number) of the bundle was altered or damaged (bytes "
                    + "\(stored.position) to \(stored.position + Int64(stored.length)) of the "
                    + "pack).", advice: "Fetch the bundle again.")
        }
        return bytes
    }
}

extension PipeProgress {
    /// Nothing done yet.
    init(_ manifest: Manifest) {
        self.init(
            stored: 0, storedTotal: manifest.packLength, plain: 0,
            plainTotal: manifest.stream.length)
    }
}
