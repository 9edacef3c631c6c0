public import Archive
public import Bundle
public import DurableFiles
public import Faults
internal import Sealing

extension VerifiedBundle {
    /// Unpacks the bundle into a receiver, within the numbers that were signed.
    ///
    /// Unlike a device, whoever asks for this has the stream's own digest checked as well.
    ///
    /// - Parameters:
    ///   - keys: the bundle's keys; `nil` for an unsealed one.
    ///   - supply: where chunks come from beside the bundle: the base of a delta.
    ///   - receiver: is told of each entry; what it was told is whole only when this returns.
    ///   - checkpoint: called before each chunk; what it throws ends the unpacking.
    /// - Returns: what the archive held: exactly the entries and bytes that the manifest states.
    /// - Throws: a `Fault` of code `malformed`, `unsupported` or `unsafe-archive`, or the
    ///   source's, the receiver's or the checkpoint's own.
    @discardableResult
    public func unpack(
        keys: borrowing ContentKeys?, supply: ChunkSupply = ChunkSupply(),
        into receiver: any EntryReceiver,
        checkpoint: @escaping (PipeProgress) throws(Fault) -> Void
    ) throws(Fault) -> ArchiveTotals {
        let pipe = try ChunkPipe(self, keys: keys, supply: supply, checkpoint: checkpoint)
        let stream = try StreamDigester(pipe)
        let totals = try read(stream, into: receiver)
        guard try stream.finish() == manifest.stream.digest else {
            throw Fault(
                .malformed,
                "The archive stream does not have the digest that the signed manifest names.",
                advice: "Build the bundle anew.")
        }
        return totals
    }

    /// Unpacks the bundle into a slot.
    ///
    /// What stands there already is left; the journal is kept true on the way.
    ///
    /// - Parameters:
    ///   - directory: the slot.
    ///   - keys: the bundle's keys; `nil` for an unsealed one.
    ///   - supply: the plan and what stands here.
    ///   - journal: the journal of the slot.
    ///   - checkpoint: called before each chunk; what it throws ends the unpacking.
    /// - Returns: bytes of content that were written; what was kept in its place is not in it.
    /// - Throws: as ``unpack(keys:supply:into:checkpoint:)`` does.
    public func fill(
        _ directory: borrowing Directory, keys: borrowing ContentKeys?, supply: ChunkSupply,
        journal: FillJournal, checkpoint: @escaping (PipeProgress) throws(Fault) -> Void
    ) throws(Fault) -> Int64 {
        let pipe = try ChunkPipe(self, keys: keys, supply: supply, checkpoint: checkpoint)
        let writer = try TreeWriter(below: directory, continuing: journal.isContinued)
        _ = try read(pipe, into: SlotFiller(writer, journal: journal, pipe: pipe))
        try writer.finish()
        try directory.sync()
        return writer.written
    }

    private func read(
        _ source: any ArchiveSource, into receiver: any EntryReceiver
    ) throws(Fault) -> ArchiveTotals {
        let tree = manifest.tree
        let rules = EntryRules(
            maxEntries: tree.entries, maxFileBytes: tree.bytes, maxTotalBytes: tree.bytes)
        let totals = try ArchiveReader.read(from: source, rules: rules, into: receiver)
        guard totals.entries == tree.entries, totals.fileBytes == tree.bytes else {
            throw Fault(
                .malformed,
                "The archive has \(totals.entries) entries and \(totals.fileBytes) bytes of files; "
                    + "the signed manifest says \(tree.entries) and \(tree.bytes).",
                advice: "Build the bundle anew.")
        }
        return totals
    }
}

/// Digests a stream as it passes.
private final class StreamDigester: ArchiveSource {
    private let source: any ArchiveSource
    private var sha: SHA256

    init(_ source: any ArchiveSource) throws(Fault) {
        self.source = source
        sha = try SHA256()
    }

    func next(into piece: inout [UInt8]) throws(Fault) -> Int {
        let count = try source.next(into: &piece)
        try sha.update(piece.span.extracting(0..<count))
        return count
    }

    func finish() throws(Fault) -> Digest { try sha.finish() }
}
