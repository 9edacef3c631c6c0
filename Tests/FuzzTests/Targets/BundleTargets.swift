import Bundle
import Faults
import Install
import Sealing
import StrictJSON
import TestKit
import Trust

@testable import Bundle

enum BundleTargets {
    static let all = [
        FuzzTarget("preamble", "a bundle's first 64 bytes", longest: 96, read: preamble),
        FuzzTarget("recipients", "the list of recipients", read: recipients),
        FuzzTarget("envelope", "a DSSE envelope", longest: 8192, read: envelope),
        FuzzTarget("manifest", "a manifest", longest: 8192, read: manifest),
        FuzzTarget("delta-list", "the list of deltas beside a bundle", read: deltaList),
        FuzzTarget("page-table", "the index's page table", read: pageTable),
        FuzzTarget("index-page", "a page of the index, with its chunk records", read: indexPage),
    ]

    private static func preamble(_ input: [UInt8]) throws {
        _ = try? Preamble.read(input.span)
        // The digest at its end stops nearly everything; here it is made to fit.
        guard input.count >= 56 else { return }
        let head = Array(input.prefix(56))
        let whole = head + (try SHA256.digest(of: head).bytes.prefix(8))
        let preamble = try Preamble.read(whole.span)
        try hold(try preamble.encoded() == whole, "it is written in another way")
        try hold(preamble.envelope <= BundleLimits.envelopeBytes, "the envelope's bound")
        try hold(preamble.recipients <= Recipients.maximumLength, "the recipients' bound")
        try hold(preamble.index <= BundleLimits.indexBytes, "the index's bound")
        try hold(
            preamble.fileLength - preamble.packOffset <= BundleLimits.packBytes, "the pack's bound")
    }

    private static func recipients(_ input: [UInt8]) throws {
        let recipients = try Recipients(reading: input.span)
        try hold(recipients.encoded == input, "it is written in another way")
        _ = try? recipients.open(with: TestKeys.device(7))
    }

    private static func envelope(_ input: [UInt8]) throws {
        let envelope = try DSSEEnvelope(input)
        let written = try envelope.encode()
        let second = try again("the envelope") { try DSSEEnvelope(written) }
        try hold(second == envelope, "it is written in another way")
        try hold(envelope.signatures.count <= DSSEEnvelope.signatureLimit, "too many signatures")
        for type in PayloadType.allCases {
            guard let payload = try? envelope.payload(expecting: type) else { continue }
            let verified = try? envelope.verify(type: type, role: keys())
            try hold(verified == nil || verified?.bytes == payload, "another payload is verified")
        }
    }

    private static func keys() throws -> RoleKeys { try FuzzKeys.get().root.keys(of: .targets) }

    private static func manifest(_ input: [UInt8]) throws {
        let manifest = try Manifest(reading: input)
        try hold(Manifest.isName(manifest.application), "the application's name")
        try hold(manifest.stream.length <= BundleLimits.streamBytes, "the stream's bound")
        try hold(manifest.tree.entries <= BundleLimits.treeEntries, "the tree's bound")
        try hold(manifest.index.pages <= BundleLimits.pages, "the index's bound")
        let written = manifest.json.compact
        guard written.count <= BundleLimits.manifestBytes else { return }
        let second = try again("the manifest") { try Manifest(reading: written) }
        try hold(second.json.compact == written, "it is written in another way")
    }

    private static func deltaList(_ input: [UInt8]) throws {
        let list = try DeltaList(reading: input)
        try hold(list.deltas.count <= DeltaList.deltaLimit, "too many deltas")
        for entry in list.deltas {
            try hold(!entry.file.contains("/") && entry.length > 0, "the file “\(entry.file)”")
            try hold(list.delta(from: entry.baseTree) != nil, "a delta is not found")
        }
        let written = list.json.compact
        let second = try again("the list") { try DeltaList(reading: written) }
        try hold(second == list, "it is written in another way")
    }

    private static func pageTable(_ input: [UInt8]) throws {
        var feed = Feed(input)
        let count = feed.number(2) % (BundleLimits.pages + 1)
        let rest = feed.remaining
        let table = try PageTable(reading: rest.span, pages: count)
        try hold(table.pages.count == count, "another number of pages")
        try hold(table.sectionLength <= BundleLimits.indexBytes, "the section's bound")
        var end = Int64(rest.count)
        var written: [UInt8] = []
        for page in table.pages {
            try hold(page.offset == end, "pages that do not follow one another")
            end += Int64(page.length)
            written.append(littleEndian: UInt32(page.length))
            written += page.digest.bytes
        }
        try hold(end == table.sectionLength && written == rest, "it is written in another way")
    }

    private static func indexPage(_ input: [UInt8]) throws {
        var feed = Feed(input)
        let pack = Int64(feed.number(4)) << 8
        let page = feed.remaining
        var written: [UInt8] = []
        switch try IndexPage.read(page.span, packLength: pack) {
        case .paths(let first, let paths):
            try hold(first + paths.count <= BundleLimits.basePaths, "too many paths")
            for path in paths {
                try hold(path.utf8.count <= BundleLimits.pathBytes, "a path's length")
                written.append(littleEndian: UInt16(path.utf8.count))
                written += Array(path.utf8)
            }
        case .chunks(let first, let offset, let entries):
            try hold(first + entries.count <= BundleLimits.chunks, "too many chunks")
            try hold(offset <= BundleLimits.streamBytes, "the stream's bound")
            for entry in entries {
                try check(entry, pack)
                written += IndexWriter.encode(entry)
            }
        }
        try hold(
            Array(page[IndexPage.headerLength...]) == written, "it is written in another way")
    }

    private static func check(_ entry: IndexEntry, _ pack: Int64) throws {
        try hold((1...BundleLimits.chunkBytes).contains(entry.plainLength), "a chunk's length")
        try hold((entry.stored != nil) == entry.codec.isStored, "stored bytes")
        try hold((entry.base != nil) == entry.codec.hasBase, "a base range")
        if let stored = entry.stored {
            try hold(
                stored.position >= 0 && stored.position + Int64(stored.length) <= pack,
                "a chunk outside the pack")
        }
        if let base = entry.base {
            try hold(base.length <= BundleLimits.baseRangeBytes, "a base range's length")
        }
    }
}
