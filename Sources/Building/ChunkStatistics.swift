public import Bundle
internal import Faults
internal import Install
internal import Sealing

/// The chunks of a bundle, counted.
public struct ChunkStatistics: Sendable {
    /// The chunks of one codec.
    public struct Group: Sendable {
        /// How many there are in the stream.
        public var chunks = 0
        /// Their plain bytes.
        public var plainBytes: Int64 = 0
        /// How many of them are stored, each once.
        public var stored = 0
        /// Their stored bytes.
        public var storedBytes: Int64 = 0
    }

    /// By codec.
    public private(set) var groups: [ChunkCodec: Group] = [:]
    /// Chunks of the stream that are sealed.
    public private(set) var sealed = 0
    /// The smallest and the largest chunk, in plain bytes.
    public private(set) var sizes: ClosedRange<Int>?

    /// Reads the whole index, page by page.
    init(_ place: IndexPlace, keys: borrowing ContentKeys?) throws(Fault) {
        var seen: Set<Int64> = []
        var groups: [ChunkCodec: Group] = [:]
        var sealed = 0
        var smallest = Int.max
        var largest = 0
        try place.forEachPage(keys: keys) { (page) throws(Fault) in
            guard case .chunks(_, _, let entries) = page else { return }
            for entry in entries {
                var group = groups[entry.codec, default: Group()]
                group.chunks += 1
                group.plainBytes += Int64(entry.plainLength)
                if let stored = entry.stored {
                    if stored.sealNumber != nil { sealed += 1 }
                    if seen.insert(stored.position).inserted {
                        group.stored += 1
                        group.storedBytes += Int64(stored.length)
                    }
                }
                groups[entry.codec] = group
                smallest = min(smallest, entry.plainLength)
                largest = max(largest, entry.plainLength)
            }
        }
        self.groups = groups
        self.sealed = sealed
        sizes = smallest <= largest ? smallest...largest : nil
    }
}
