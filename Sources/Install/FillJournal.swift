internal import Archive
internal import Bundle
public import DurableFiles
public import Faults
internal import Glibc
public import Sealing

/// What an install notes while it fills a slot, so that the next one can go on from there.
///
/// Four files in a directory of their own: `about` names the archive stream that is unpacked;
/// `extents` says where in the stream each file's content begins, in the order of the stream; `heads`
/// keeps the chunks that stand in no file (the archive's headers) where fetching them again has a
/// price; `progress` says up to where the stream was unpacked. Nothing in it is believed: what it leads
/// to is digested. A tail that a power failure tore is cut off. It is some hundred bytes a file.
///
/// Little-endian. An extent: stream offset (u64), bytes of content (u64), bytes of the path (u16),
/// path. A head: stream offset (u64), length (u32), plain bytes. Progress: stream offset (u64).
public final class FillJournal {
    private static let extentHeader = 18
    private static let headHeader = 12

    let extents: Descriptor
    private let heads: Descriptor
    private let progressFile: Descriptor
    private let name: String
    /// Whether an earlier install of the same stream has left something to go on from.
    public let isContinued: Bool
    private var lastExtent: Int64 = -1
    private(set) var extentsEnd: Int64 = 0
    private var headsEnd: Int64 = 0
    /// Up to where an earlier install has unpacked the stream, in bytes; what stands there may still be
    /// missing after a power failure.
    public private(set) var progress: Int64 = 0
    /// The file that the stream is in now: where its content stands in the stream, and its path.
    private var current: (range: Range<Int64>, path: String) = (0..<0, "")
    /// Where the chunk at an offset of the stream stands in `heads`.
    private var headPlaces: [Int64: (offset: Int64, length: Int)] = [:]

    /// Whether a directory holds the journal of a stream.
    ///
    /// - Parameters:
    ///   - directory: the journal's directory.
    ///   - stream: the stream's digest, from the manifest.
    /// - Returns: whether it does.
    public static func exists(in directory: borrowing Directory, stream: Digest) -> Bool {
        (try? directory.read("about", limit: 256)) == about(stream)
    }

    private static func about(_ stream: Digest) -> [UInt8] {
        Array("nacelle filling 1\nstream \(stream.hex)\n".utf8)
    }

    /// Opens a journal, or begins one.
    ///
    /// - Parameters:
    ///   - directory: its directory, which holds nothing else.
    ///   - stream: the digest of the stream that is unpacked.
    ///   - continuing: whether to go on with the one that is there; where it is of another stream,
    ///     a new one is begun.
    /// - Throws: a `Fault` of the disk.
    public init(
        in directory: borrowing Directory, stream: Digest, continuing: Bool
    ) throws(Fault) {
        name = directory.path
        isContinued = continuing && FillJournal.exists(in: directory, stream: stream)
        if !isContinued {
            for file in ["about", "extents", "heads", "progress"] { try directory.remove(file) }
        }
        extents = try FillJournal.open("extents", in: directory)
        heads = try FillJournal.open("heads", in: directory)
        progressFile = try FillJournal.open("progress", in: directory)
        if isContinued {
            progress = try readProgress()
            try readExtents()
            try readHeads()
        } else {
            // Last, so that no journal is taken for one before its files are there.
            try directory.replace("about", with: FillJournal.about(stream), mode: 0o600)
        }
    }

    private static func open(
        _ file: String, in directory: borrowing Directory
    ) throws(Fault) -> Descriptor {
        if let found = try directory.openFile(file, flags: O_RDWR) { return found }
        return try directory.create(file, mode: 0o600)
    }

    private func readProgress() throws(Fault) -> Int64 {
        var buffer = [UInt8](repeating: 0, count: 8)
        guard try progressFile.read(at: 0, into: &buffer, count: 8, name) == 8 else { return 0 }
        var reader = LittleEndianReader("journal")
        let offset = try reader.integer(UInt64.self, from: buffer.span)
        return offset <= UInt64(BundleLimits.streamBytes) ? Int64(offset) : 0
    }

    /// Finds the end of the whole extents, and cuts off what follows.
    private func readExtents() throws(Fault) {
        var cursor = ExtentCursor(self, end: try extents.info(name).size)
        var end: Int64 = 0
        while let extent = try cursor.read() {
            guard extent.offset > lastExtent, extent.offset >= end else { break }
            end = extent.offset + extent.bytes
            lastExtent = extent.offset
            extentsEnd = cursor.position
        }
        try cut(extents, to: extentsEnd)
    }

    private func readHeads() throws(Fault) {
        let size = try heads.info(name).size
        var buffer = [UInt8](repeating: 0, count: FillJournal.headHeader)
        while size - headsEnd >= Int64(buffer.count) {
            _ = try heads.read(at: headsEnd, into: &buffer, count: buffer.count, name)
            var reader = LittleEndianReader("journal")
            let position = try reader.integer(UInt64.self, from: buffer.span)
            let length = Int(try reader.integer(UInt32.self, from: buffer.span))
            let start = headsEnd + Int64(buffer.count)
            guard position <= UInt64(BundleLimits.streamBytes), length > 0,
                length <= BundleLimits.chunkBytes, Int64(length) <= size - start,
                headPlaces.count < BundleLimits.chunks
            else { break }
            headPlaces[Int64(position)] = (start, length)
            headsEnd = start + Int64(length)
        }
        try cut(heads, to: headsEnd)
    }

    private func cut(_ file: borrowing Descriptor, to end: Int64) throws(Fault) {
        guard ftruncate(file.raw, off_t(end)) == 0 else {
            throw systemFault("cannot cut off the end of a file in \(name)")
        }
    }

    /// Notes where a file's content begins; what was noted before the interruption is passed over.
    func note(_ path: String, at offset: Int64, bytes: Int64) throws(Fault) {
        current = (offset..<offset + bytes, path)
        guard offset > lastExtent, bytes > 0 else { return }
        var record: [UInt8] = []
        record.append(littleEndian: UInt64(offset))
        record.append(littleEndian: UInt64(bytes))
        record.append(littleEndian: UInt16(path.utf8.count))
        record += Array(path.utf8)
        try extents.write(record.span, at: extentsEnd, name)
        extentsEnd += Int64(record.count)
        lastExtent = offset
    }

    /// Where a range of the stream that was just unpacked stands; `nil` where it is in no one file.
    func place(of range: Range<Int64>) -> SlotIndex.Place? {
        guard current.range.lowerBound <= range.lowerBound,
            range.upperBound <= current.range.upperBound
        else { return nil }
        return SlotIndex.Place(
            path: current.path, offset: range.lowerBound - current.range.lowerBound)
    }

    /// Notes that the stream is unpacked up to an offset.
    func unpacked(to offset: Int64) throws(Fault) {
        guard offset > progress else { return }
        progress = offset
        var bytes: [UInt8] = []
        bytes.append(littleEndian: UInt64(offset))
        try progressFile.write(bytes.span, at: 0, name)
    }

    /// Keeps a chunk that stands in no file.
    ///
    /// It takes the place of one that was kept before and turned out to be damaged.
    func keepHead(_ plain: Span<UInt8>, at offset: Int64) throws(Fault) {
        var record: [UInt8] = []
        record.append(littleEndian: UInt64(offset))
        record.append(littleEndian: UInt32(plain.count))
        let start = headsEnd + Int64(record.count)
        try heads.write(record.span, at: headsEnd, name)
        try heads.write(plain, at: start, name)
        headPlaces[offset] = (start, plain.count)
        headsEnd = start + Int64(plain.count)
    }

    /// Whether the chunk at an offset of the stream was kept.
    func hasHead(at offset: Int64, length: Int) -> Bool { headPlaces[offset]?.length == length }

    /// Reads a chunk that was kept; its digest is the caller's to check.
    func readHead(at offset: Int64, into buffer: inout [UInt8]) -> Bool {
        guard let place = headPlaces[offset] else { return false }
        let count = try? heads.read(
            at: place.offset, into: &buffer, count: place.length, name)
        return count == place.length
    }

    /// A cursor over the extents, from the stream's beginning.
    func cursor() throws(Fault) -> ExtentCursor { ExtentCursor(self, end: extentsEnd) }
}
