public import Faults
public import Sealing

/// The start of the index section: length and digest of each page as stored.
///
/// The manifest holds the digest of this table, and the table those of the pages, so a page is
/// checked by itself whenever it is read. Little-endian, for each page: stored length (u32), SHA-256
/// of the stored bytes (32). The pages follow, one after another.
public struct PageTable: Sendable, Equatable {
    /// Bytes of one page's entry.
    public static let entry = 4 + Digest.length

    /// One page's place and digest.
    public struct Page: Sendable, Equatable {
        /// Offset in the index section, in bytes.
        public let offset: Int64
        /// Stored bytes.
        public let length: Int
        /// SHA-256 of the stored bytes.
        public let digest: Digest
    }

    /// The pages, in order.
    public let pages: [Page]
    /// The whole index section's length in bytes.
    public let sectionLength: Int64

    /// Reads a table whose digest was checked.
    ///
    /// - Parameters:
    ///   - bytes: the whole table.
    ///   - count: how many pages the manifest says.
    /// - Throws: a `Fault` of code `malformed`.
    public init(reading bytes: Span<UInt8>, pages count: Int) throws(Fault) {
        var reader = LittleEndianReader("page table")
        var offset = Int64(count * PageTable.entry)
        var pages: [Page] = []
        for number in 0..<count {
            let length = Int(try reader.integer(UInt32.self, from: bytes))
            let run = try reader.run(Digest.length, from: bytes)
            guard (IndexPage.headerLength...BundleLimits.pageBytes).contains(length),
                let digest = Digest(run.span)
            else {
                throw Fault(
                    .malformed,
                    "Index page \(number) has \(length) bytes; \(IndexPage.headerLength) to "
                        + "\(BundleLimits.pageBytes) are accepted.")
            }
            pages.append(Page(offset: offset, length: length, digest: digest))
            offset += Int64(length)
        }
        try reader.finish(bytes)
        self.pages = pages
        self.sectionLength = offset
    }

    /// The table of some stored pages.
    ///
    /// - Parameter stored: the pages as stored, in order.
    /// - Returns: the table's bytes.
    /// - Throws: a `Fault` of code `source` for more pages than the format has.
    public static func encode(_ stored: [[UInt8]]) throws(Fault) -> [UInt8] {
        guard stored.count <= BundleLimits.pages else {
            throw Fault(
                .source,
                "The index needs \(stored.count) pages; at most \(BundleLimits.pages) are allowed.")
        }
        var bytes: [UInt8] = []
        for page in stored {
            bytes.append(littleEndian: UInt32(page.count))
            bytes += try SHA256.digest(of: page).bytes
        }
        return bytes
    }
}
