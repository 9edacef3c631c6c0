internal import Bundle
internal import DurableFiles
internal import Faults

/// Goes through a journal's extents once, as offsets of the stream go up.
struct ExtentCursor {
    /// Where in the stream a file's content stands.
    struct Extent {
        let offset: Int64
        let bytes: Int64
        let path: String
    }

    private let journal: FillJournal
    private let end: Int64
    /// Where in the journal the next extent begins.
    private(set) var position: Int64 = 0
    private var current: Extent?
    private var isAtEnd = false
    private var buffer: [UInt8] = []
    private var bufferStart: Int64 = 0

    init(_ journal: FillJournal, end: Int64) {
        self.journal = journal
        self.end = end
    }

    /// The file in which a range of the stream stands wholly; ranges only go up.
    mutating func place(of range: Range<Int64>) -> SlotIndex.Place? {
        while !isAtEnd, (current.map { $0.offset + $0.bytes } ?? 0) <= range.lowerBound {
            current = (try? read()) ?? nil
            isAtEnd = current == nil
        }
        guard let current, current.offset <= range.lowerBound,
            range.upperBound <= current.offset + current.bytes
        else { return nil }
        return SlotIndex.Place(path: current.path, offset: range.lowerBound - current.offset)
    }

    /// The next extent; `nil` at the end, or where what follows is none.
    mutating func read() throws(Fault) -> Extent? {
        guard try fill(18) else { return nil }
        var reader = LittleEndianReader("journal", position: Int(position - bufferStart))
        let offset = try reader.integer(UInt64.self, from: buffer.span)
        let bytes = try reader.integer(UInt64.self, from: buffer.span)
        let length = Int(try reader.integer(UInt16.self, from: buffer.span))
        guard offset <= UInt64(BundleLimits.streamBytes),
            (1...UInt64(BundleLimits.streamBytes)).contains(bytes),
            (1...BundleLimits.pathBytes).contains(length), try fill(18 + length)
        else { return nil }
        let start = Int(position - bufferStart) + 18
        let name = buffer[start..<start + length]
        // Zeros are what a torn write leaves.
        guard !name.contains(0), let path = String(validating: name, as: UTF8.self) else {
            return nil
        }
        position += Int64(18 + length)
        return Extent(offset: Int64(offset), bytes: Int64(bytes), path: path)
    }

    /// Sees that the next `count` bytes stand in the buffer.
    private mutating func fill(_ count: Int) throws(Fault) -> Bool {
        if position + Int64(count) <= bufferStart + Int64(buffer.count) { return true }
        guard position + Int64(count) <= end else { return false }
        let wanted = Int(min(16 << 10, end - position))
        var fresh = [UInt8](repeating: 0, count: wanted)
        guard
            try journal.extents.read(at: position, into: &fresh, count: wanted, "extents")
                == wanted
        else { return false }
        buffer = fresh
        bufferStart = position
        return true
    }
}
