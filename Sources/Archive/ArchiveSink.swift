public import Faults

/// Where an archive's bytes go, as they come.
public protocol ArchiveSink: AnyObject {
    /// Takes the next bytes of the stream.
    ///
    /// - Parameter bytes: valid during the call only; never empty.
    /// - Throws: a `Fault`, which ends the archive and comes out of the writer's call
    ///   unchanged.
    func write(_ bytes: Span<UInt8>) throws(Fault)
}
