public import DurableFiles
public import Faults
internal import Sealing

/// Reads a whole tree from the disk and says what it is.
///
/// The same scan serves the builder (its source), an install (its read-back) and `verify`. Files are
/// read once each through one buffer of 1 MiB; memory beside it is one directory's names a level, and
/// a note for each file that has several names.
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
    ///   - progress: told of the bytes read so far, at each piece.
    ///   - checkpoint: asked at each entry and piece; what it throws ends the scan.
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

    private struct Identity: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    /// Reads everything below `root`.
    ///
    /// - Parameter root: the tree's root, which is no entry itself.
    /// - Returns: what the tree is.
    /// - Throws: a `Fault`: of the code given for a tree that has what none of ours has, of
    ///   code `read-back` where what is read cannot be shown to come from the device, of code
    ///   `storage` for a tree that changes while it is read.
    public func scan(_ root: borrowing Directory) throws(Fault) -> TreeSummary {
        var digest = try TreeDigest()
        var content = try ContentDigester(reading)
        var groups: [Identity: (path: String, digest: Digest)] = [:]
        var read: Int64 = 0
        var walk = TreeWalk(maxEntries: maxEntries, code: refusal)
        try walk.walk(root) { (found) throws(Fault) in
            try checkpoint?()
            let mode = found.info.mode & modeMask
            switch found.info.kind {
            case .directory: try digest.directory(found.path, mode: mode)
            case .link:
                let target = found.target ?? ""
                let sum = try content.digest(text: target)
                try digest.link(found.path, target: target, digest: sum)
            case .file, .other:
                let identity = Identity(device: found.info.device, inode: found.info.inode)
                let first = found.info.links > 1 ? groups[identity] : nil
                let sum: Digest
                if let first {
                    sum = first.digest
                } else {
                    sum = try content.digest(found) { (count) throws(Fault) in
                        read += Int64(count)
                        progress?(read)
                        try checkpoint?()
                    }
                }
                if first == nil, found.info.links > 1 { groups[identity] = (found.path, sum) }
                try digest.file(
                    found.path, mode: mode, size: found.info.size, digest: sum,
                    group: first?.path)
            }
        }
        return try digest.finish()
    }
}
