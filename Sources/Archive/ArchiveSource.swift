public import Faults

/// Where the reader gets an archive's bytes from, piece by piece.
public protocol ArchiveSource: AnyObject {
    /// Gives the next piece of the stream, of any length but 0; `nil` at the end.
    ///
    /// The reader holds the array until it asks for the next piece and lets go of it first. So a
    /// source that fills one array again and again keeps its storage, and nothing is copied.
    ///
    /// - Throws: a `Fault`, which ends the reading and comes out of it unchanged.
    func next() throws(Fault) -> [UInt8]?
}
