public import Bundle
public import Faults
internal import Sealing

/// Reads the index page by page, in order; never more than one page is held.
///
/// The page table is checked against the signed manifest, each page against the table at each read,
/// and the run of pages must be gapless and end where the manifest says.
public struct IndexReader: ~Copyable {
    private let bundle: VerifiedBundle
    private let table: PageTable
    private var cipher: ChunkCipher?
    private var digest: SHA256
    private var nextPage = 0
    private var entries: [IndexEntry] = []
    private var nextInPage = 0
    /// Number of the next chunk.
    public private(set) var chunk = 0
    /// The base's paths, by their numbers; whole when the first chunk was read.
    public private(set) var paths: [String] = []
    private var pathBytes = 0
    private var offset: Int64 = 0
    /// Where in the pack the next new chunk begins.
    private var packEnd: Int64 = 0

    /// Reads and checks the page table.
    ///
    /// - Parameters:
    ///   - bundle: the bundle.
    ///   - keys: its keys; `nil` for an unsealed one.
    /// - Throws: a `Fault` of code `malformed`.
    public init(_ bundle: VerifiedBundle, keys: borrowing ContentKeys?) throws(Fault) {
        let table = try PageTable.read(of: bundle, from: bundle.source)
        let cipher: ChunkCipher? =
            switch keys {
            case .some(let keys): try keys.indexCipher()
            case .none: nil
            }
        let digest = try SHA256()
        self.bundle = bundle
        self.table = table
        self.cipher = cipher
        self.digest = digest
    }

    /// The next chunk of the stream; `nil` after the last.
    ///
    /// - Throws: a `Fault` of code `malformed`.
    public mutating func next() throws(Fault) -> IndexEntry? {
        while nextInPage == entries.count {
            guard nextPage < table.pages.count else {
                try checkEnd()
                return nil
            }
            try turnPage()
        }
        let entry = entries[nextInPage]
        if let stored = entry.stored { try place(stored) }
        if let base = entry.base, base.path >= paths.count {
            throw Fault(
                .malformed,
                "Chunk \(chunk) has a base range in path \(base.path); the index has \(paths.count) "
                    + "paths.")
        }
        nextInPage += 1
        chunk += 1
        offset += Int64(entry.plainLength)
        // Not only at the end: no more is read and decoded than was signed.
        let manifest = bundle.manifest
        guard chunk <= manifest.index.chunks, offset <= manifest.stream.length else {
            throw otherTotals()
        }
        return entry
    }

    /// Stored chunks stand in the pack in the order in which the stream first needs them, without a
    /// gap: each goes on where the pack was read to, or repeats what stands before.
    ///
    /// So every byte of the pack is under a digest, one pass reads it, and no two overlap by a part.
    private mutating func place(_ stored: IndexEntry.Stored) throws(Fault) {
        let end = stored.position + Int64(stored.length)
        guard stored.position == packEnd || end <= packEnd else {
            throw Fault(
                .malformed,
                "Chunk \(chunk) is stored at bytes \(stored.position) to \(end) of the pack; it must "
                    + "begin at \(packEnd) or repeat what stands before.")
        }
        guard stored.position == packEnd else { return }
        if let seal = stored.sealNumber, Int(seal) != chunk {
            throw Fault(
                .malformed,
                "Chunk \(chunk) is stored anew and sealed under the number \(seal), not its own.")
        }
        packEnd = end
    }

    private mutating func turnPage() throws(Fault) {
        let number = nextPage
        let place = table.pages[number]
        var page = try bundle.source.read(
            at: bundle.preamble.indexOffset + place.offset, count: place.length)
        guard try digest.digest(page.span) == place.digest else {
            throw Fault(
                .malformed, "Page \(number) of the bundle's index was altered or damaged.",
                advice: "Fetch the bundle again.")
        }
        if cipher != nil {
            var plain = [UInt8](repeating: 0, count: max(page.count - ChunkCipher.overhead, 0))
            guard try cipher?.open(page.span, number: UInt32(number), into: &plain) != nil else {
                throw Fault(.malformed, "Page \(number) of the index does not open.")
            }
            page = plain
        }
        switch try IndexPage.read(page.span, packLength: bundle.manifest.packLength) {
        case .paths(let first, let list):
            guard first == paths.count, chunk == 0 else { throw disorder(number) }
            pathBytes += list.reduce(0) { $0 + $1.utf8.count }
            guard pathBytes <= BundleLimits.basePathBytes else {
                throw Fault(
                    .malformed,
                    "The index has more than \(BundleLimits.basePathBytes) bytes of base paths.")
            }
            paths += list
        case .chunks(let first, let start, let list):
            guard first == chunk, start == offset else { throw disorder(number) }
            entries = list
            nextInPage = 0
        }
        nextPage += 1
    }

    private func disorder(_ page: Int) -> Fault {
        Fault(.malformed, "Page \(page) of the index does not go on where the one before ends.")
    }

    private func checkEnd() throws(Fault) {
        let manifest = bundle.manifest
        guard chunk == manifest.index.chunks, paths.count == manifest.index.paths,
            offset == manifest.stream.length
        else { throw otherTotals() }
        guard packEnd == manifest.packLength else {
            throw Fault(
                .malformed,
                "The chunks take \(packEnd) bytes of the pack; the manifest says that it has "
                    + "\(manifest.packLength).")
        }
    }

    private func otherTotals() -> Fault {
        let manifest = bundle.manifest
        return Fault(
            .malformed,
            "The index has \(chunk) chunks of \(offset) bytes and \(paths.count) paths; the manifest says "
                + "\(manifest.index.chunks) of \(manifest.stream.length) and "
                + "\(manifest.index.paths).")
    }
}
