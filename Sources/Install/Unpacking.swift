public import Archive
public import Bundle
public import Faults

extension VerifiedBundle {
    /// Unpacks the bundle into a receiver, within the numbers that were signed.
    ///
    /// - Parameters:
    ///   - keys: the bundle's keys; `nil` for an unsealed one.
    ///   - receiver: is told of each entry; what it was told is whole only when this returns.
    ///   - checkpoint: called before each chunk; what it throws ends the unpacking.
    /// - Returns: what the archive held: exactly the entries and bytes that the manifest states.
    /// - Throws: a `Fault` of code `malformed`, `unsupported` or `unsafe-archive`, or the
    ///   source's, the receiver's or the checkpoint's own.
    @discardableResult
    public func unpack(
        keys: borrowing ContentKeys?, into receiver: any EntryReceiver,
        checkpoint: @escaping (PipeProgress) throws(Fault) -> Void
    ) throws(Fault) -> ArchiveTotals {
        let pipe = try ChunkPipe(self, keys: keys, checkpoint: checkpoint)
        let tree = manifest.tree
        let rules = EntryRules(
            maxEntries: tree.entries, maxFileBytes: tree.bytes, maxTotalBytes: tree.bytes)
        let totals = try ArchiveReader.read(from: pipe, rules: rules, into: receiver)
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
