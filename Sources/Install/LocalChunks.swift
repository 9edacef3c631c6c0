public import Archive

/// What of a bundle's stream stands on this machine already.
///
/// Everything that it gives is digested before it is used.
public final class LocalChunks {
    /// The index of the slot that runs; `nil` where it has none.
    var running: SlotIndex?
    /// The files of the slot that runs; `nil` where nothing runs.
    let runningFiles: TreeFiles?
    /// Whether the slot that runs is the version that the bundle, a delta, builds on.
    let isBase: Bool
    /// The journal of the slot that is filled; before that begins, of one that can be continued.
    public private(set) var journal: FillJournal?
    /// The files of the slot that is filled.
    private(set) var spareFiles: TreeFiles?

    /// Nothing stands here.
    public static var none: LocalChunks { LocalChunks() }

    /// Brings together what there is.
    ///
    /// - Parameters:
    ///   - running: the index of the slot that runs.
    ///   - runningFiles: its files.
    ///   - isBase: whether it is the version that the bundle builds on.
    ///   - journal: the journal of the slot that is filled.
    ///   - spareFiles: its files.
    public init(
        running: consuming SlotIndex? = nil, runningFiles: TreeFiles? = nil, isBase: Bool = false,
        journal: FillJournal? = nil, spareFiles: TreeFiles? = nil
    ) {
        self.running = running
        self.runningFiles = runningFiles
        self.isBase = isBase
        self.journal = journal
        self.spareFiles = spareFiles
    }

    /// The slot was emptied, and is filled from the beginning.
    ///
    /// - Parameters:
    ///   - journal: its new journal.
    ///   - files: its files, of which there are none yet.
    public func begin(_ journal: FillJournal, files: TreeFiles) {
        self.journal = journal
        spareFiles = files
    }
}
