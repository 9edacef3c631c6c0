internal import Faults
internal import Sealing

/// Reads one chunk's record of an index page; ``IndexPage`` says how it is laid out.
struct ChunkRecord {
    /// Bytes of the shortest record: that of a `copy`.
    static let minimumLength = 8 + Digest.length + 16

    let number: Int
    let packLength: Int64

    func read(
        _ reader: inout LittleEndianReader, _ bytes: Span<UInt8>
    ) throws(Fault) -> IndexEntry {
        let code = try reader.integer(UInt8.self, from: bytes)
        guard let codec = ChunkCodec(rawValue: code) else {
            throw Fault(
                .unsupported,
                "Chunk \(number) has the codec \(code), which format version 1 does not have.")
        }
        let width = Int(try reader.integer(UInt8.self, from: bytes))
        let flags = try reader.integer(UInt8.self, from: bytes)
        let layout = ChunkLayout(rawValue: try reader.integer(UInt8.self, from: bytes))
        let plainLength = Int(try reader.integer(UInt32.self, from: bytes))
        let plainDigest = try digest(&reader, bytes)
        guard flags <= (codec.isStored ? 1 : 0) else { throw bad("has unknown flags") }
        guard (1...BundleLimits.chunkBytes).contains(plainLength) else {
            throw bad(
                "has \(plainLength) plain bytes; 1 to \(BundleLimits.chunkBytes) are accepted")
        }
        guard layout.isAcceptable(for: codec, width: width, plainLength: plainLength) else {
            throw bad(
                "has the width \(width) and the layout \(layout.rawValue), which the codec "
                    + "“\(codec)” does not have")
        }
        var entry = IndexEntry(
            codec: codec, width: width, layout: layout, plainLength: plainLength,
            plainDigest: plainDigest,
            stored: nil)
        if codec.isStored { entry.stored = try stored(sealed: flags == 1, &reader, bytes) }
        if codec.hasBase { entry.base = try base(of: entry, &reader, bytes) }
        return entry
    }

    private func stored(
        sealed: Bool, _ reader: inout LittleEndianReader, _ bytes: Span<UInt8>
    ) throws(Fault) -> IndexEntry.Stored {
        let position = try reader.integer(UInt64.self, from: bytes)
        let length = Int(try reader.integer(UInt32.self, from: bytes))
        let seal = try reader.integer(UInt32.self, from: bytes)
        let digest = try digest(&reader, bytes)
        guard (1...BundleLimits.storedChunkBytes).contains(length) else {
            throw bad("has \(length) stored bytes")
        }
        guard position <= UInt64(packLength), Int64(length) <= packLength - Int64(position) else {
            throw bad("ends outside the pack of \(packLength) bytes")
        }
        guard sealed ? Int(seal) <= number : seal == 0 else {
            throw bad("has the seal number \(seal)")
        }
        return IndexEntry.Stored(
            position: Int64(position), length: length, digest: digest,
            sealNumber: sealed ? seal : nil)
    }

    private func base(
        of entry: IndexEntry, _ reader: inout LittleEndianReader, _ bytes: Span<UInt8>
    ) throws(Fault) -> IndexEntry.BaseRange {
        let path = try reader.integer(UInt32.self, from: bytes)
        let offset = try reader.integer(UInt64.self, from: bytes)
        let length = Int(try reader.integer(UInt32.self, from: bytes))
        var digest = entry.plainDigest
        if entry.codec != .copy { digest = try self.digest(&reader, bytes) }
        guard path < UInt32(BundleLimits.basePaths), offset <= UInt64(BundleLimits.streamBytes),
            (1...BundleLimits.baseRangeBytes).contains(length),
            entry.codec == .dictionary || length == entry.plainLength
        else { throw bad("has a base range that is not acceptable") }
        return IndexEntry.BaseRange(
            path: path, offset: Int64(offset), length: length, digest: digest)
    }

    private func digest(
        _ reader: inout LittleEndianReader, _ bytes: Span<UInt8>
    ) throws(Fault) -> Digest {
        let run = try reader.run(Digest.length, from: bytes)
        guard let digest = Digest(run.span) else {
            throw Fault(.internalError, "A digest has not \(Digest.length) bytes.")
        }
        return digest
    }

    private func bad(_ what: String) -> Fault { Fault(.malformed, "Chunk \(number) \(what).") }
}
