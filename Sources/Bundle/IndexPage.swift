public import Faults
internal import Sealing

/// One page of the index, plain: a run of chunks, or a run of the base's paths.
///
/// Little-endian. Header: kind (u8: 1 paths, 2 chunks), zero (u8), count (u16), number of the first
/// record (u32), and for chunks the stream offset of the first one (u64; 0 for paths). A path is its
/// length (u16) and its UTF-8 bytes. A chunk is codec (u8), width (u8), flags (u8: 1 sealed),
/// layout (u8), plain length (u32), plain digest (32); if stored: position (u64), stored length (u32), seal
/// number (u32, 0 where not sealed), stored digest (32); if it has a base range: path (u32), offset
/// (u64), length (u32), and digest (32) but for `copy`, whose base digest is the plain one.
public enum IndexPage: Sendable, Equatable {
    /// Paths of base ranges, from number `first` on.
    case paths(first: Int, [String])
    /// Chunks, from number `first` at stream offset `offset` on.
    case chunks(first: Int, offset: Int64, [IndexEntry])

    /// Bytes of the header.
    public static let headerLength = 16

    /// Reads a page whose digest was checked.
    ///
    /// - Parameters:
    ///   - bytes: the whole plain page.
    ///   - packLength: the pack's length, within which every chunk must lie.
    /// - Returns: the page, every field within its limit.
    /// - Throws: a `Fault` of code `malformed`.
    public static func read(_ bytes: Span<UInt8>, packLength: Int64) throws(Fault) -> IndexPage {
        var reader = LittleEndianReader("index page")
        let kind = try reader.integer(UInt8.self, from: bytes)
        let zero = try reader.integer(UInt8.self, from: bytes)
        let count = Int(try reader.integer(UInt16.self, from: bytes))
        let first = Int(try reader.integer(UInt32.self, from: bytes))
        let offset = try reader.integer(UInt64.self, from: bytes)
        guard zero == 0, count > 0, offset <= UInt64(BundleLimits.streamBytes) else {
            throw Fault(.malformed, "An index page's header is not acceptable.")
        }
        let page: IndexPage
        switch kind {
        case 1:
            guard offset == 0, first + count <= BundleLimits.basePaths else {
                throw Fault(.malformed, "An index page's header is not acceptable.")
            }
            var paths: [String] = []
            for _ in 0..<count { paths.append(try path(&reader, bytes)) }
            page = .paths(first: first, paths)
        case 2:
            guard first + count <= BundleLimits.chunks else {
                throw Fault(
                    .malformed,
                    "The index lists chunk \(first + count); at most \(BundleLimits.chunks) are "
                        + "accepted.")
            }
            var entries: [IndexEntry] = []
            entries.reserveCapacity(min(count, bytes.count / ChunkRecord.minimumLength))
            for number in first..<(first + count) {
                let record = ChunkRecord(number: number, packLength: packLength)
                entries.append(try record.read(&reader, bytes))
            }
            page = .chunks(first: first, offset: Int64(offset), entries)
        default:
            throw Fault(.malformed, "An index page has the unknown kind \(kind).")
        }
        try reader.finish(bytes)
        return page
    }

    private static func path(
        _ reader: inout LittleEndianReader, _ bytes: Span<UInt8>
    ) throws(Fault) -> String {
        let length = Int(try reader.integer(UInt16.self, from: bytes))
        let run = try reader.run(length, from: bytes)
        guard (1...BundleLimits.pathBytes).contains(length),
            let path = String(validating: run, as: UTF8.self)
        else { throw Fault(.malformed, "A base path of \(length) bytes is not acceptable.") }
        try SmokeCheck.slotPath(path, "base path")
        return path
    }
}
