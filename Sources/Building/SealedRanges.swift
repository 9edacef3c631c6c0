internal import Bundle
internal import Faults
internal import Install

/// Which parts of an archive stream are sealed in a bundle of it.
struct SealedRanges {
    private var ranges: [Range<Int64>] = []

    /// Reads a bundle's index; a chunk that is not stored cannot occur in a full bundle.
    init(_ bundle: VerifiedBundle, keys: borrowing ContentKeys?) throws(Fault) {
        var index = try IndexReader(bundle, keys: keys)
        var offset: Int64 = 0
        while let entry = try index.next() {
            let end = offset + Int64(entry.plainLength)
            if entry.stored?.sealNumber != nil {
                if let last = ranges.last, last.upperBound == offset {
                    ranges[ranges.count - 1] = last.lowerBound..<end
                } else {
                    ranges.append(offset..<end)
                }
            }
            offset = end
        }
    }

    /// Whether anything of a range is sealed.
    func touch(_ range: Range<Int64>) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound > range.lowerBound {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return low < ranges.count && ranges[low].lowerBound < range.upperBound
    }
}
