internal import Bundle
public import DurableFiles
public import Faults
internal import Glibc
internal import Sealing

/// A bundle's source whose index stands in a local file, so that it is fetched once only.
///
/// Whoever reads a page checks it, at each read; here only what of the file need not be fetched again is
/// found out.
final class IndexSpool: ByteSource {
    private static let piece = 256 << 10
    /// Bytes after which what was fetched is made durable.
    private static let step: Int64 = 1 << 20

    private let source: any ByteSource
    private let file: Descriptor
    private let section: Range<Int64>

    var name: String { source.name }
    var isRemote: Bool { source.isRemote }

    private init(_ source: any ByteSource, _ file: consuming Descriptor, _ section: Range<Int64>) {
        self.source = source
        self.file = file
        self.section = section
    }

    /// Takes what is whole of a spooled index, and fetches the rest.
    static func open(
        _ bundle: VerifiedBundle, file name: String, in directory: borrowing Directory
    ) throws(Fault) -> IndexSpool {
        let start = bundle.preamble.indexOffset
        let section = start..<start + bundle.manifest.index.length
        if let file = try directory.openFile(name, flags: O_RDWR) {
            let spool = IndexSpool(bundle.source, file, section)
            try spool.fetch(from: spool.wholeEnd(bundle), "\(directory.path)/\(name)")
            return spool
        }
        let spool = IndexSpool(
            bundle.source, try directory.create(name, mode: 0o600), section)
        try directory.sync()
        try spool.fetch(from: section.lowerBound, "\(directory.path)/\(name)")
        return spool
    }

    /// Up to where table and pages are what the manifest names.
    private func wholeEnd(_ bundle: VerifiedBundle) -> Int64 {
        var end = section.lowerBound
        do throws(Fault) {
            let table = try PageTable.read(of: bundle, from: self)
            var digest = try SHA256()
            for page in table.pages {
                let start = section.lowerBound + page.offset
                let bytes = try read(at: start, count: page.length)
                guard try digest.digest(bytes.span) == page.digest else { break }
                end = start + Int64(page.length)
            }
        } catch {
            // The file ends there, or holds something else.
        }
        return end
    }

    private func fetch(from begin: Int64, _ what: String) throws(Fault) {
        guard begin < section.upperBound else { return }
        var buffer = [UInt8](repeating: 0, count: IndexSpool.piece)
        var offset = begin
        var settled = begin
        source.willRead([begin..<section.upperBound])
        while offset < section.upperBound {
            let count = Int(min(Int64(buffer.count), section.upperBound - offset))
            try source.read(at: offset, count: count, into: &buffer)
            try file.write(
                buffer.span.extracting(0..<count), at: offset - section.lowerBound, what)
            offset += Int64(count)
            guard offset - settled >= IndexSpool.step || offset == section.upperBound else {
                continue
            }
            try file.sync(what)
            source.settle(below: offset)
            settled = offset
        }
    }

    func length() throws(Fault) -> Int64 { try source.length() }

    func read(at offset: Int64, count: Int, into buffer: inout [UInt8]) throws(Fault) {
        guard section.contains(offset), Int64(count) <= section.upperBound - offset else {
            return try source.read(at: offset, count: count, into: &buffer)
        }
        let done = try file.read(
            at: offset - section.lowerBound, into: &buffer, count: count, "the spooled index")
        guard done == count else {
            throw Fault(.storage, "The spooled index of \(name) ends early.")
        }
    }

    func plannedBytes(_ ranges: [Range<Int64>]) -> Int64 { source.plannedBytes(ranges) }

    func willRead(_ ranges: [Range<Int64>]) { source.willRead(ranges) }

    func settle(below offset: Int64) { source.settle(below: offset) }
}

extension VerifiedBundle {
    /// The same bundle with its index in a local file; a local bundle as it is.
    ///
    /// - Parameter directory: where index files are kept, each under its bundle's id.
    /// - Returns: the bundle, whose index no longer has a price.
    /// - Throws: a `Fault` of the source or the disk.
    public func spoolingIndex(in directory: borrowing Directory) throws(Fault) -> VerifiedBundle {
        guard source.isRemote else { return self }
        let spool = try IndexSpool.open(self, file: Hex.encode(manifest.bundle), in: directory)
        return VerifiedBundle(
            manifest: manifest, manifestDigest: manifestDigest, envelope: envelope,
            signers: signers, source: spool,
            preamble: preamble)
    }
}

extension PageTable {
    /// Reads a bundle's page table and holds it against the signed manifest.
    static func read(
        of bundle: VerifiedBundle, from source: any ByteSource
    ) throws(Fault) -> PageTable {
        let index = bundle.manifest.index
        let length = index.pages * PageTable.entry
        let altered = Fault(
            .malformed,
            "The bundle's index was altered or damaged: its page table does not have "
                + "the digest that the signed manifest names.", advice: "Fetch the bundle again.")
        guard Int64(length) <= index.length else { throw altered }
        let bytes = try source.read(at: bundle.preamble.indexOffset, count: length)
        guard try SHA256.digest(of: bytes) == index.table else { throw altered }
        let table = try PageTable(reading: bytes.span, pages: index.pages)
        guard table.sectionLength == index.length else {
            throw Fault(
                .malformed,
                "The index has \(table.sectionLength) bytes by its page table, and "
                    + "\(index.length) by the manifest.")
        }
        return table
    }
}
