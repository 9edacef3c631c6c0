internal import Bundle
internal import Faults
internal import Sealing

/// The index as it stands in the file: page table, then pages, sealed where the bundle is.
struct IndexSection {
    let bytes: [UInt8]
    let description: Manifest.Index

    init(_ pack: PackWriter, keys: borrowing ContentKeys?) throws(Fault) {
        var writer = pack.index
        var pages = writer.finish()
        switch keys {
        case .some(let keys):
            var cipher = try keys.indexCipher()
            for number in pages.indices {
                let page = pages[number]
                pages[number] = try cipher.seal(page.span, number: UInt32(number))
            }
        case .none: break
        }
        let table = try PageTable.encode(pages)
        bytes = table + pages.joined()
        description = Manifest.Index(
            length: Int64(bytes.count), pages: pages.count, chunks: writer.chunks,
            paths: writer.paths, table: try SHA256.digest(of: table))
    }
}
