public import Faults
internal import Sealing

/// Lays out index pages; the counterpart of ``IndexPage/read(_:packLength:)``.
public struct IndexWriter {
    /// The longest plain page: what is left of the stored limit under a seal.
    public static let plainPageBytes = BundleLimits.pageBytes - ChunkCipher.overhead

    private var pages: [[UInt8]] = []
    private var records: [UInt8] = []
    private var count = 0
    private var first = 0
    private var firstOffset: Int64 = 0
    private var kind: UInt8 = 1
    private var pathBytes = 0
    /// How many paths were written.
    public private(set) var paths = 0
    /// How many chunks were written.
    public private(set) var chunks = 0
    private var offset: Int64 = 0

    /// A writer of an empty index.
    public init() {}

    /// Appends a path of the base; all paths come before the first chunk.
    ///
    /// - Throws: a `Fault` of code `source` past a limit.
    public mutating func append(path: String) throws(Fault) {
        let bytes = Array(path.utf8)
        guard chunks == 0, paths < BundleLimits.basePaths,
            (1...BundleLimits.pathBytes).contains(bytes.count),
            pathBytes + bytes.count <= BundleLimits.basePathBytes,
            (try? SmokeCheck.slotPath(path, "path")) != nil
        else { throw Fault(.source, "The base path “\(path)” cannot be indexed.") }
        var record: [UInt8] = []
        record.append(littleEndian: UInt16(bytes.count))
        begin(kind: 1, number: paths, length: 2 + bytes.count)
        append(record + bytes)
        pathBytes += bytes.count
        paths += 1
    }

    /// Appends a chunk of the stream.
    ///
    /// - Throws: a `Fault` of code `source` past the limit of chunks.
    public mutating func append(_ entry: IndexEntry) throws(Fault) {
        guard chunks < BundleLimits.chunks else {
            throw Fault(
                .source, "The tree needs more than \(BundleLimits.chunks) chunks.",
                advice: "Ship fewer or larger files, or raise the chunk size.")
        }
        let record = IndexWriter.encode(entry)
        begin(kind: 2, number: chunks, length: record.count)
        append(record)
        chunks += 1
        offset += Int64(entry.plainLength)
    }

    private mutating func begin(kind: UInt8, number: Int, length: Int) {
        let full = IndexPage.headerLength + records.count + length > IndexWriter.plainPageBytes
        if count > 0, full || kind != self.kind || count == Int(UInt16.max) { flush() }
        if count == 0 {
            self.kind = kind
            first = number
            firstOffset = kind == 2 ? offset : 0
        }
    }

    private mutating func append(_ record: [UInt8]) {
        records += record
        count += 1
    }

    private mutating func flush() {
        var page: [UInt8] = [kind, 0]
        page.append(littleEndian: UInt16(count))
        page.append(littleEndian: UInt32(first))
        page.append(littleEndian: UInt64(firstOffset))
        pages.append(page + records)
        records = []
        count = 0
    }

    /// The plain pages, in order.
    public mutating func finish() -> [[UInt8]] {
        if count > 0 { flush() }
        return pages
    }

    static func encode(_ entry: IndexEntry) -> [UInt8] {
        var bytes: [UInt8] = [
            entry.codec.rawValue, UInt8(entry.width), entry.stored?.sealNumber == nil ? 0 : 1,
            entry.layout.rawValue,
        ]
        bytes.append(littleEndian: UInt32(entry.plainLength))
        bytes += entry.plainDigest.bytes
        if let stored = entry.stored {
            bytes.append(littleEndian: UInt64(stored.position))
            bytes.append(littleEndian: UInt32(stored.length))
            bytes.append(littleEndian: stored.sealNumber ?? 0)
            bytes += stored.digest.bytes
        }
        if let base = entry.base {
            bytes.append(littleEndian: base.path)
            bytes.append(littleEndian: UInt64(base.offset))
            bytes.append(littleEndian: UInt32(base.length))
            if entry.codec != .copy { bytes += base.digest.bytes }
        }
        return bytes
    }
}
