public import Faults

/// What is told of an archive's entries, each after it was admitted by the rules.
///
/// A `Fault` that a receiver throws ends the reading and comes out of it unchanged.
public protocol EntryReceiver: AnyObject {
    /// An entry begins.
    func begin(_ entry: ArchiveEntry) throws(Fault)

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
