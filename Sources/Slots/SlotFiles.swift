public import DurableFiles
public import Faults

/// The files that belong to a slot beside its record: its chunk index, and what a filling leaves.
extension Store {
    /// Writes the chunk index of a tree anew, durably.
    ///
    /// - Parameters:
    ///   - tree: the tree.
    ///   - write: writes it into an empty file.
    /// - Returns: what `write` returns: the digest that the slot's record is to hold.
    /// - Throws: a `Fault`; then there is no index or an old one, which no record names.
    public func writeIndex<Answer>(
        of tree: TreeName, _ write: (borrowing Descriptor) throws(Fault) -> Answer
    ) throws(Fault) -> Answer {
        let temporary = ".\(tree.indexFile).new"
        try records.remove(temporary)
        let file = try records.create(temporary, mode: 0o600)
        let answer = try write(file)
        try file.sync("\(path)/records/\(tree.indexFile)")
        try records.clearWay(for: tree.indexFile)
        try records.rename(temporary, to: tree.indexFile)
        return answer
    }

    /// Opens the chunk index of a tree; `nil` where it has none.
    public func openIndex(of tree: TreeName) throws(Fault) -> Descriptor? {
        try records.openFile(tree.indexFile)
    }

    /// Keeps the signed envelope of the version in a slot, durably.
    public func writeEnvelope(of slot: SlotName, _ bytes: [UInt8]) throws(Fault) {
        try records.put(slot.envelopeFile, with: bytes)
    }

    /// The envelope that was kept of a slot's version; `nil` where there is none.
    ///
    /// - Parameters:
    ///   - slot: the slot.
    ///   - limit: the most bytes that it may have.
    /// - Returns: its bytes, which are what they were only where the record names their digest.
    /// - Throws: a `Fault`.
    public func readEnvelope(of slot: SlotName, limit: Int) throws(Fault) -> [UInt8]? {
        try records.read(slot.envelopeFile, limit: limit)
    }

    /// The directory in which the filling that is under way keeps its journal.
    public func journalDirectory() throws(Fault) -> Directory {
        try state.openOrMake("filling", mode: 0o700)
    }

    /// The directory in which fetched indexes are kept, each under its bundle's id.
    public func indexDirectory() throws(Fault) -> Directory {
        try state.openOrMake("indexes", mode: 0o700)
    }

    /// Removes the fetched indexes of all but some bundles.
    ///
    /// - Parameter bundles: the ids of those that stay.
    /// - Throws: a `Fault` of the disk.
    public func keepIndexes(of bundles: [String]) throws(Fault) {
        let directory = try indexDirectory()
        for name in try directory.names() where !bundles.contains(name) {
            try directory.remove(name)
        }
    }

    /// Removes the journal of a filling, whatever stands in its place.
    public func clearJournal() throws(Fault) { try state.removeTree("filling") }

    /// Removes what a filling has left, once its slot needs it no more.
    public func clearFilling() throws(Fault) {
        try state.removeTree("filling")
        try state.removeTree("indexes")
    }
}

extension SlotName {
    /// The name of its version's envelope below `records`.
    var envelopeFile: String { "\(rawValue).envelope" }
}
