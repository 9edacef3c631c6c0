internal import Bundle
internal import Faults
internal import Sealing

/// Gets a chunk anew whose copy, or whose base, turned out not to be what the index says.
final class ChunkMender {
    private let feed: ChunkFeed
    private let tools: ChunkTools
    private weak var watcher: (any DamageWatcher)?
    private var full: FullStretch?

    init(
        _ feed: ChunkFeed, keys: borrowing ContentKeys?, _ supply: ChunkSupply
    ) throws(Fault) {
        self.feed = feed
        tools = try ChunkTools(keys)
        watcher = supply.watcher
    }

    /// Leaves a whole chunk as it is, and makes any other whole.
    ///
    /// - Throws: a `Fault`: the chunk's own, or where nothing else can give its bytes.
    func mend(_ work: ChunkWork, paths: [String]) throws(Fault) {
        if case .otherBytes = work.verdict, let stored = work.entry.stored {
            // What a half-filled slot lacks is no damage.
            if work.origin == .copied {
                try tell(work, fetching: Int64(stored.length))
            }
            try feed.loadStored(work, paths)
            tools.perform(work)
        }
        switch work.verdict {
        case .whole: return
        case .fault(let fault): throw fault
        case .otherBytes, .baseDamaged: try mendFromFull(work)
        }
    }

    private func tell(_ work: ChunkWork, fetching bytes: Int64) throws(Fault) {
        try watcher?.damaged(work.path, fetching: bytes)
    }

    /// The base is damaged: takes that stretch of the stream from the full bundle.
    private func mendFromFull(_ work: ChunkWork) throws(Fault) {
        guard let watcher else {
            throw Fault(
                .baseDamaged,
                "The file “\(work.path)” of the running version, which the delta builds on, is "
                    + "damaged.", advice: "Install the full bundle.")
        }
        let full: FullStretch
        if let opened = self.full {
            full = opened
        } else {
            full = try watcher.fullBundle()
            self.full = full
        }
        try full.read(work.range, into: &work.plain) { (bytes) throws(Fault) in
            try watcher.damaged(work.path, fetching: bytes)
        }
        work.origin = .pack
        work.verdict = .whole
        guard
            try SHA256.digest(of: Array(work.plain[..<work.entry.plainLength]))
                == work.entry.plainDigest
        else {
            throw Fault(
                .malformed,
                "The full bundle has other bytes than chunk \(work.number) of its delta says.",
                advice: "Build the delta anew.")
        }
    }
}
