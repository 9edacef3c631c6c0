public import DurableFiles
public import Faults

/// Reads a whole tree from the disk and says what it is.
///
/// The same scan serves the builder (its source), an install (its read-back) and `verify`. Files are
/// read once each and digested on as many threads as there are processors, four at most, through
/// buffers of 1.2 MiB a thread. Memory beside them is one directory's names a level, some thousand
/// entries whose digests are on their way, and a note for each file that has several names.
public struct TreeScanner {
    /// Where the content is read from.
    public enum Reading: Sendable {
        /// From the page cache where it is there.
        case cached
        /// From the device, or not at all.
        ///
        /// Each file is dropped from the page cache and seen to be gone from it; where it stays, it
        /// is read with `O_DIRECT`. Where neither can be had the scan ends with code `read-back`, as
        /// it does for a file in memory alone (tmpfs), unless `allowVolatile` takes that as it is.
        /// Dirty pages cannot be dropped: the caller syncs first.
        case uncached(allowVolatile: Bool)
    }

    private let reading: Reading
    private let refusal: FaultCode
    private let modeMask: UInt32
    private let maxEntries: Int
    private let progress: ((Int64) -> Void)?
    private let checkpoint: (() throws(Fault) -> Void)?

    /// Sets a scan up.
    ///
    /// - Parameters:
    ///   - reading: where the content is read from.
    ///   - refusal: the code for a tree that has what no tree of ours has.
    ///   - modeMask: the permission bits that count; ``EntryRules/modeMask`` for a builder's source,
    ///     which is unpacked with these.
    ///   - maxEntries: the most entries.
    ///   - progress: told of the bytes read so far, now and then, on the thread that scans.
    ///   - checkpoint: asked at each entry and when progress is told, on the thread that scans; what
    ///     it throws ends the scan.
    public init(
        reading: Reading, refusal: FaultCode, modeMask: UInt32 = 0o777,
        maxEntries: Int = 100_000, progress: ((Int64) -> Void)? = nil,
        checkpoint: (() throws(Fault) -> Void)? = nil
    ) {
        self.reading = reading
        self.refusal = refusal
        self.modeMask = modeMask & 0o777
        self.maxEntries = maxEntries
        self.progress = progress
        self.checkpoint = checkpoint
    }

    /// Reads everything below `root`.
    ///
    /// - Parameter root: the tree's root, which is no entry itself.
    /// - Returns: what the tree is.
    /// - Throws: a `Fault`: of the code given for a tree that has what none of ours has, of
    ///   code `read-back` where what is read cannot be shown to come from the device, of code
    ///   `storage` for a tree that changes while it is read.
    public func scan(_ root: borrowing Directory) throws(Fault) -> TreeSummary {
        let assembly = try ScanAssembly(reading, modeMask: modeMask)
        var read: Int64 = 0
        let tell: ScanAssembly.Tell = { [progress, checkpoint] (count) throws(Fault) in
            read += Int64(count)
            progress?(read)
            try checkpoint?()
        }
        var walk = TreeWalk(maxEntries: maxEntries, code: refusal)
        try walk.walk(root) { (found) throws(Fault) in
            try checkpoint?()
            try assembly.add(found, tell)
        }
        return try assembly.finish(tell)
    }
}
