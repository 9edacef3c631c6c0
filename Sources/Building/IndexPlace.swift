internal import Bundle
internal import Faults
internal import Install
internal import Sealing
internal import Transport

/// Where an index stands and what its manifest says of it; the manifest may be unverified.
struct IndexPlace {
    let source: FileSource
    let preamble: Preamble
    let manifest: Manifest

    /// Reads the page table and holds it against the manifest.
    func table() throws(Fault) -> PageTable {
        let length = manifest.index.pages * PageTable.entry
        guard manifest.index.length == preamble.index, Int64(length) <= preamble.index else {
            throw Fault(
                .malformed,
                "The manifest says that the index has \(manifest.index.length) bytes; the file says "
                    + "\(preamble.index).")
        }
        let bytes = try source.read(at: preamble.indexOffset, count: length)
        guard try SHA256.digest(of: bytes) == manifest.index.table else {
            throw Fault(.malformed, "The index's page table is not the one of the manifest.")
        }
        let table = try PageTable(reading: bytes.span, pages: manifest.index.pages)
        guard table.sectionLength == preamble.index else {
            throw Fault(
                .malformed,
                "The index has \(table.sectionLength) bytes by its page table, and "
                    + "\(preamble.index) by the file.")
        }
        return table
    }

    /// Reads every page as it is stored and holds it against the table.
    func forEachStoredPage(
        _ body: (Int, [UInt8]) throws(Fault) -> Void
    ) throws(Fault) {
        for (number, page) in try table().pages.enumerated() {
            let bytes = try source.read(
                at: preamble.indexOffset + page.offset, count: page.length)
            guard try SHA256.digest(of: bytes) == page.digest else {
                throw Fault(
                    .malformed, "Page \(number) of the index was altered or damaged.",
                    advice: "Fetch the bundle again.")
            }
            try body(number, bytes)
        }
    }

    /// Reads every page, opened.
    func forEachPage(
        keys: borrowing ContentKeys?, _ body: (IndexPage) throws(Fault) -> Void
    ) throws(Fault) {
        var cipher: ChunkCipher? =
            switch keys {
            case .some(let keys): try keys.indexCipher()
            case .none: nil
            }
        try forEachStoredPage { (number, stored) throws(Fault) in
            var page = stored
            if cipher != nil {
                var plain = [UInt8](
                    repeating: 0, count: max(stored.count - ChunkCipher.overhead, 0))
                guard try cipher?.open(stored.span, number: UInt32(number), into: &plain) != nil
                else { throw Fault(.malformed, "Page \(number) of the index does not open.") }
                page = plain
            }
            try body(try IndexPage.read(page.span, packLength: manifest.packLength))
        }
    }
}
