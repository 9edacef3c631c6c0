internal import Bundle
public import DurableFiles
public import Faults
public import Sealing

/// Where in a slot's tree the chunks of its bundle stand, sorted by digest: a search on disk.
///
/// It is made when a slot was filled, and says from where a chunk of another version may be copied.
/// It is a hint: the bytes are digested before they are used. Little-endian:
///
///     0    8   magic "NSLOTIX1"
///     8    4   number of chunks (u32)
///     12   4   number of files (u32)
///     16       chunks, in the order of their digests: digest (32), offset in the file (u64),
///              length (u32), number of the file (u32)
///              files: offset of the path in what follows (u64), its length (u32), zero (u32)
///              paths, UTF-8
@safe
public struct SlotIndex: ~Copyable {
    /// A range of a file, where bytes may stand.
    public struct Place: Sendable, Equatable {
        /// The file's path from the tree's root.
        public let path: String
        /// Offset in that file, in bytes.
        public let offset: Int64
    }

    static let magic: [UInt8] = Array("NSLOTIX1".utf8)
    static let headerLength = 16
    static let chunkLength = Digest.length + 16
    static let fileLength = 16
    /// The longest index: every chunk, and every path at its longest.
    static let limit: Int64 =
        Int64(headerLength + BundleLimits.chunks * chunkLength)
        + Int64(BundleLimits.treeEntries) * Int64(fileLength + BundleLimits.pathBytes)

    private let file: Descriptor
    private let name: String
    private let chunks: Int
    private let files: Int
    private var buffer: [UInt8]
    /// The path that was read last; neighbours mostly stand in one file.
    private var last: (number: Int, path: String)?

    /// Opens an index whose whole content is what the slot's record says.
    ///
    /// - Parameters:
    ///   - file: the index file.
    ///   - digest: SHA-256 of it.
    ///   - name: what messages call it.
    /// - Returns: the index.
    /// - Throws: a `Fault` of code `store-damaged` where it is not that; it is then of no use.
    public static func open(
        _ file: consuming Descriptor, digest: Digest, name: String
    ) throws(Fault) -> SlotIndex {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let size = try file.info(name).size
        let whole = size <= SlotIndex.limit
        let found = whole ? try SlotIndex.digest(of: file, size, name, &buffer) : nil
        guard found == digest,
            try file.read(at: 0, into: &buffer, count: SlotIndex.headerLength, name)
                == SlotIndex.headerLength, Array(buffer[0..<8]) == SlotIndex.magic
        else { throw SlotIndex.damaged(name) }
        var reader = LittleEndianReader("slot index", position: 8)
        let chunks = Int(try reader.integer(UInt32.self, from: buffer.span))
        let files = Int(try reader.integer(UInt32.self, from: buffer.span))
        guard
            size - Int64(SlotIndex.headerLength)
                >= Int64(chunks * SlotIndex.chunkLength + files * SlotIndex.fileLength)
        else { throw SlotIndex.damaged(name) }
        return SlotIndex(file, name: name, chunks: chunks, files: files)
    }

    private init(_ file: consuming Descriptor, name: String, chunks: Int, files: Int) {
        self.file = file
        self.name = name
        self.chunks = chunks
        self.files = files
        buffer = [UInt8](repeating: 0, count: BundleLimits.pathBytes)
    }

    private static func damaged(_ name: String) -> Fault {
        Fault(.storeDamaged, "\(name) is not the index that the slot's record names.")
    }

    private static func digest(
        of file: borrowing Descriptor, _ size: Int64, _ name: String, _ buffer: inout [UInt8]
    ) throws(Fault) -> Digest {
        var sha = try SHA256()
        var offset: Int64 = 0
        while offset < size {
            let wanted = Int(min(Int64(buffer.count), size - offset))
            let count = try file.read(at: offset, into: &buffer, count: wanted, name)
            guard count > 0 else { break }
            try sha.update(buffer.span.extracting(0..<count))
            offset += Int64(count)
        }
        return try sha.finish()
    }

    /// Where a chunk may stand.
    ///
    /// - Parameters:
    ///   - digest: the digest of its plain bytes.
    ///   - length: how many they are.
    /// - Returns: the place; `nil` where the slot does not have it, or the index cannot be read.
    public mutating func find(_ digest: Digest, length: Int) -> Place? {
        var low = 0
        var high = chunks
        while low < high {
            let middle = (low + high) / 2
            let offset = SlotIndex.headerLength + middle * SlotIndex.chunkLength
            guard read(offset, SlotIndex.chunkLength),
                let found = Digest(buffer.span.extracting(0..<Digest.length))
            else { return nil }
            if found == digest { return try? place(length) }
            if found < digest { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// The place in the chunk's record that stands in the buffer.
    private mutating func place(_ length: Int) throws(Fault) -> Place? {
        var reader = LittleEndianReader("slot index", position: Digest.length)
        let offset = try reader.integer(UInt64.self, from: buffer.span)
        let count = try reader.integer(UInt32.self, from: buffer.span)
        let number = try reader.integer(UInt32.self, from: buffer.span)
        guard Int(count) == length, offset <= UInt64(BundleLimits.streamBytes),
            let path = try path(Int(number))
        else { return nil }
        return Place(path: path, offset: Int64(offset))
    }

    private mutating func path(_ number: Int) throws(Fault) -> String? {
        if let last, last.number == number { return last.path }
        let tables = SlotIndex.headerLength + chunks * SlotIndex.chunkLength
        guard number < files, read(tables + number * SlotIndex.fileLength, SlotIndex.fileLength)
        else { return nil }
        var reader = LittleEndianReader("slot index")
        let offset = try reader.integer(UInt64.self, from: buffer.span)
        let length = Int(try reader.integer(UInt32.self, from: buffer.span))
        guard length <= buffer.count, offset <= UInt64(SlotIndex.limit),
            read(tables + files * SlotIndex.fileLength + Int(offset), length),
            let path = String(validating: buffer[..<length], as: UTF8.self)
        else { return nil }
        last = (number, path)
        return path
    }

    private mutating func read(_ offset: Int, _ count: Int) -> Bool {
        (try? file.read(at: Int64(offset), into: &buffer, count: count, name)) == count
    }
}
