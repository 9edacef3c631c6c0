public import Faults

/// Where the reader gets an archive's bytes from, piece by piece.
public protocol ArchiveSource: AnyObject {
    /// Gives the next piece of the stream.
    ///
    /// The source may swap arrays with the reader, so that buffers go round and none is made anew:
    /// what `piece` held before is the source's to keep.
    ///
    /// - Parameter piece: gets the piece's bytes at its beginning, and may be longer.
    /// - Returns: how many bytes there are; 0 at the stream's end.
    /// - Throws: a `Fault`, which ends the reading and comes out of it unchanged.
    func next(into piece: inout [UInt8]) throws(Fault) -> Int
}
