public import Archive
public import Faults

/// Writes a bundle's entries into a slot, and leaves alone what stands there already.
public final class SlotFiller: EntryReceiver {
    private let writer: TreeWriter
    private let journal: FillJournal
    private let pipe: ChunkPipe
    /// The entry's path, and where in the stream its content begins.
    private var path = ""
    private var start: Int64 = 0

    /// Makes a filler.
    ///
    /// - Parameters:
    ///   - writer: writes the tree.
    ///   - journal: is told where each file's content stands in the stream.
    ///   - pipe: where the stream comes from.
    init(_ writer: TreeWriter, journal: FillJournal, pipe: ChunkPipe) {
        self.writer = writer
        self.journal = journal
        self.pipe = pipe
    }

    /// Makes the entry, and notes where its content stands.
    public func begin(_ entry: ArchiveEntry, contentAt offset: Int64) throws(Fault) {
        try writer.begin(entry)
        path = entry.path
        start = offset
        try journal.note(entry.path, at: offset, bytes: entry.kind == .file ? entry.size : 0)
    }

    /// An entry without a place in the stream; no archive has one.
    public func begin(_ entry: ArchiveEntry) throws(Fault) { try writer.begin(entry) }

    /// Writes content, unless it was read from its very place.
    public func data(_ bytes: Span<UInt8>, at offset: Int64) throws(Fault) {
        let from = start + offset
        if pipe.isPlaced(from..<from + Int64(bytes.count), in: path, at: offset),
            writer.keep(bytes.count, at: offset)
        {
            return
        }
        try writer.data(bytes, at: offset)
    }

    /// The entry is whole.
    public func end() throws(Fault) { try writer.end() }
}
