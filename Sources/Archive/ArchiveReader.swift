public import Faults

/// What an archive held, counted while it was read.
public struct ArchiveTotals: Sendable, Equatable {
    /// The entries.
    public let entries: Int
    /// The bytes of all files' content.
    public let fileBytes: Int64
    /// The bytes of the whole stream.
    public let streamBytes: Int64
}

/// Reads a tar or pax archive from a source and tells a receiver of what stands in it.
///
/// Only that one format of libarchive's is enabled, and no filter: no other decoder can be reached
/// by any bytes. A header that libarchive so much as warns about ends the reading.
public enum ArchiveReader {
    /// Reads a whole archive.
    ///
    /// The source is read to its end, and what follows the archive's end there must be zeros. Where
    /// this throws, the receiver has seen the entries before the one at fault.
    ///
    /// - Parameters:
    ///   - source: gives the stream's bytes.
    ///   - rules: the bounds.
    ///   - receiver: is told of each entry that the rules admit.
    /// - Returns: what was read.
    /// - Throws: a `Fault` of code `unsafe-archive` for an entry that may not be, `malformed`
    ///   for a stream that is no whole archive, or the source's or receiver's own.
    public static func read(
        from source: any ArchiveSource, rules: EntryRules, into receiver: any EntryReceiver
    ) throws(Fault) -> ArchiveTotals {
        try ArchiveLocale.require()
        let state = ReaderState(source)
        let archive = try ReadHandle.open(state)
        var validator = try EntryValidator(rules: rules)
        var end: Int64 = 0
        while try archive.nextHeader() {
            let number = validator.entries + 1
            let entry = try archive.entry(number: number)
            try validator.admit(entry)
            try receiver.begin(entry, contentAt: archive.position)
            try archive.copyContent(of: entry, to: receiver)
            try receiver.end()
            end = archive.position
        }
        try state.drain()
        try checkEnd(state, after: end)
        return ArchiveTotals(
            entries: validator.entries, fileBytes: validator.bytes, streamBytes: state.total)
    }

    /// The stream ends with at least two zero blocks, and nothing but zeros follows the last entry.
    ///
    /// libarchive takes a stream that just stops after an entry for whole, and looks at nothing
    /// behind the first zero blocks.
    private static func checkEnd(_ state: ReaderState, after end: Int64) throws(Fault) {
        let rest = state.total - end
        guard rest >= 1024, state.total % 512 == 0 else {
            throw Fault(
                .malformed,
                "The archive stops \(rest) bytes after its last entry, which ends at byte \(end);"
                    + " two blocks of 512 zeros end an archive.")
        }
        guard state.trailingZeros >= rest else {
            throw Fault(
                .malformed,
                "\(rest) bytes follow the archive's last entry, which ends at byte \(end); all must be"
                    + " zeros, but only the last \(state.trailingZeros) are.")
        }
    }
}
