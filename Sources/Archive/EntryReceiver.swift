public import Faults

/// What is told of an archive's entries, each after it was admitted by the rules.
///
/// A `Fault` that a receiver throws ends the reading and comes out of it unchanged.
public protocol EntryReceiver: AnyObject {
    /// An entry begins.
    func begin(_ entry: ArchiveEntry) throws(Fault)

    /// An entry begins, whose place in the stream matters to the receiver.
    ///
    /// - Parameters:
    ///   - entry: the entry.
    ///   - offset: where in the archive's stream its content begins, in bytes.
    /// - Throws: a `Fault`.
    func begin(_ entry: ArchiveEntry, contentAt offset: Int64) throws(Fault)

    /// More of the current file's content.
    ///
    /// - Parameters:
    ///   - bytes: valid during the call only.
    ///   - offset: where in the file they stand: always right after the bytes before.
    /// - Throws: a `Fault`.
    func data(_ bytes: Span<UInt8>, at offset: Int64) throws(Fault)

    /// The entry is whole: a file has exactly its size.
    func end() throws(Fault)
}

extension EntryReceiver {
    /// The place does not matter.
    public func begin(_ entry: ArchiveEntry, contentAt _: Int64) throws(Fault) {
        try begin(entry)
    }
}
