import Faults
import Sealing
import TestKit
import Testing

@testable import Bundle

private let pack: Int64 = 10_000_000

private func read(_ bytes: [UInt8], pack: Int64 = pack) throws(Fault) -> IndexPage {
    try IndexPage.read(bytes.span, packLength: pack)
}

private func header(
    kind: UInt8 = 2, zero: UInt8 = 0, count: UInt64, first: UInt64 = 0, offset: UInt64 = 0
) -> [UInt8] {
    [kind, zero] + little(count, 2) + little(first, 4) + little(offset, 8)
}

/// Holds every field of a page that was read against the limits.
private func expectBounded(_ page: IndexPage, _ comment: Comment) {
    switch page {
    case .paths(let first, let paths):
        #expect(first + paths.count <= BundleLimits.basePaths, comment)
        #expect(paths.allSatisfy { (1...BundleLimits.pathBytes).contains($0.utf8.count) }, comment)
    case .chunks(let first, let offset, let entries):
        #expect(first + entries.count <= BundleLimits.chunks, comment)
        #expect((0...BundleLimits.streamBytes).contains(offset), comment)
        for (place, entry) in entries.enumerated() {
            #expect((1...BundleLimits.chunkBytes).contains(entry.plainLength), comment)
            #expect(
                entry.layout.isAcceptable(
                    for: entry.codec, width: entry.width, plainLength: entry.plainLength), comment)
            #expect(entry.codec.isStored == (entry.stored != nil), comment)
            #expect(entry.codec.hasBase == (entry.base != nil), comment)
            if let stored = entry.stored {
                #expect((1...BundleLimits.storedChunkBytes).contains(stored.length), comment)
                #expect(stored.position >= 0, comment)
                #expect(stored.position + Int64(stored.length) <= pack, comment)
                #expect(stored.sealNumber.map { Int($0) <= first + place } ?? true, comment)
            }
            if let base = entry.base {
                #expect((1...BundleLimits.baseRangeBytes).contains(base.length), comment)
                #expect((0...BundleLimits.streamBytes).contains(base.offset), comment)
            }
        }
    }
}

@Suite struct IndexTests {
    @Test(arguments: SeededGenerator.seeds(8))
    func `an index reads back page by page as it was written`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var writer = IndexWriter()
        let paths = (0..<Int.random(in: 0...400, using: &random)).map { number in
            "weights/" + String(repeating: "é", count: Int.random(in: 0...100, using: &random))
                + "\(number)"
        }
        for path in paths { try writer.append(path: path) }
        var entries: [IndexEntry] = []
        for number in 0..<Int.random(in: 1...3000, using: &random) {
            let entry = try random.entry(number, pack: pack, paths: paths.count)
            entries.append(entry)
            try writer.append(entry)
        }
        #expect(writer.paths == paths.count)
        #expect(writer.chunks == entries.count)
        var readPaths: [String] = []
        var readEntries: [IndexEntry] = []
        var offset: Int64 = 0
        for bytes in writer.finish() {
            #expect(bytes.count <= IndexWriter.plainPageBytes)
            let page = try read(bytes)
            expectBounded(page, "seed \(seed)")
            switch page {
            case .paths(let first, let list):
                #expect(first == readPaths.count)
                #expect(readEntries.isEmpty)
                readPaths += list
            case .chunks(let first, let start, let list):
                #expect(first == readEntries.count)
                #expect(start == offset)
                readEntries += list
                offset += list.reduce(0) { $0 + Int64($1.plainLength) }
            }
        }
        #expect(readPaths == paths)
        #expect(readEntries == entries)
    }

    @Test(arguments: SeededGenerator.seeds(2))
    func `a flipped bit is refused or gives another page within the limits`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for paths in [0, 3] {
            var writer = IndexWriter()
            for number in 0..<paths { try writer.append(path: "lib/\(number)") }
            for number in 0..<6 {
                try writer.append(try random.entry(number, pack: pack, paths: paths))
            }
            for bytes in writer.finish() {
                let whole = try read(bytes)
                everyFlip(bytes) { flipped, bit in
                    do throws(Fault) {
                        let page = try read(flipped)
                        #expect(page != whole, "seed \(seed), bit \(bit)")
                        expectBounded(page, "seed \(seed), bit \(bit)")
                    } catch {
                        #expect([.malformed, .unsupported].contains(error.code))
                        expectSentence(error)
                    }
                }
            }
        }
    }

    @Test(arguments: SeededGenerator.seeds(2))
    func `every truncation and whatever follows is refused`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var writer = IndexWriter()
        try writer.append(path: "bin/program")
        for number in 0..<5 { try writer.append(try random.entry(number, pack: pack, paths: 1)) }
        for page in writer.finish() {
            for count in page.indices {
                let fault = try fault { _ = try read(Array(page[..<count])) }
                #expect(fault.code == .malformed)
            }
            #expect(try fault { _ = try read(page + [0]) }.message.contains("1 more"))
        }
    }

    @Test(arguments: SeededGenerator.seeds(50))
    func `garbage never traps`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var bytes = random.bytes(Int.random(in: 0...400, using: &random))
            // Most would end at the first byte otherwise.
            if bytes.count > 16 {
                bytes[0] = UInt8.random(in: 1...2, using: &random)
                bytes[1] = 0
                if Bool.random(using: &random) {
                    bytes.replaceSubrange(3..<16, with: repeatElement(0, count: 13))
                    bytes[16] = UInt8.random(in: 1...5, using: &random)
                }
            }
            if let page = try? read(bytes) { expectBounded(page, "seed \(seed)") }
        }
    }

    @Test func `a page's header must say something possible`() throws {
        for (bytes, words) in [
            (header(count: 0), "header"), (header(zero: 1, count: 1), "header"),
            (header(kind: 1, count: 1, offset: 1), "header"),
            (header(count: 1, offset: UInt64(BundleLimits.streamBytes) + 1), "header"),
            (header(count: 1, offset: .max), "header"),
            (header(kind: 0, count: 1), "kind 0"), (header(kind: 3, count: 1), "kind 3"),
            (header(kind: 255, count: 1), "kind 255"),
            (header(count: 1, first: UInt64(BundleLimits.chunks)), "at most 250000"),
            (header(count: 65535, first: UInt64(UInt32.max)), "at most 250000"),
            (header(kind: 1, count: 1, first: UInt64(BundleLimits.basePaths)), "header"),
            (header(kind: 1, count: 65535, first: UInt64(UInt32.max)), "header"),
            (header(count: 65535), "too early"), (header(kind: 1, count: 65535), "too early"),
        ] {
            let fault = try fault { _ = try read(bytes) }
            #expect(fault.code == .malformed)
            #expect(fault.message.contains(words), "\(fault.message)")
        }
    }

    @Test func `the last chunk and the last path have their numbers, and none follows`() throws {
        var random = SeededGenerator(seed: 1)
        let entry = IndexWriter.encode(try random.entry(0, pack: pack, paths: 0))
        let last = UInt64(BundleLimits.chunks) - 1
        guard case .chunks(let first, _, _) = try read(header(count: 1, first: last) + entry) else {
            Issue.record("No chunks.")
            return
        }
        #expect(first == BundleLimits.chunks - 1)
        let path =
            header(kind: 1, count: 1, first: UInt64(BundleLimits.basePaths) - 1) + [1, 0, 65]
        #expect(try read(path) == .paths(first: BundleLimits.basePaths - 1, ["A"]))
    }

    @Test(arguments: [
        "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".", "a/./b", "a\u{1}", "",
    ])
    func `a base path that leaves a tree is neither read nor written`(path: String) throws {
        let bytes = Array(path.utf8)
        let page = header(kind: 1, count: 1) + little(UInt64(bytes.count), 2) + bytes
        #expect(try fault { _ = try read(page) }.code == .malformed)
        var writer = IndexWriter()
        #expect(try fault { try writer.append(path: path) }.code == .source)
    }

    @Test func `a base path is UTF-8 of 1 to 1024 bytes`() throws {
        let name = [UInt8](repeating: 0x61, count: 255)
        let most = Array([name, name, name, name].joined(separator: [0x2F]))
        // 1023 bytes; two more names of one letter make 1025.
        for (bytes, isFine) in [
            (most, true), (Array(most.dropLast()) + [0x2F, 0x61], true),
            (most + [0x2F, 0x61], false), ([0x61], true),
            ([0xC3, 0xA9], true), ([0xC3], false), ([0xFF], false), ([0xED, 0xA0, 0x80], false),
        ] {
            let page = header(kind: 1, count: 1) + little(UInt64(bytes.count), 2) + bytes
            if isFine {
                _ = try read(page)
            } else {
                #expect(try fault { _ = try read(page) }.code == .malformed)
            }
        }
    }

    @Test func `paths come before chunks, and no more of either than the format has`() throws {
        var random = SeededGenerator(seed: 2)
        var writer = IndexWriter()
        let entry = try random.entry(0, pack: pack, paths: 0)
        try writer.append(entry)
        #expect(try fault { try writer.append(path: "a") }.code == .source)
        for _ in 1..<BundleLimits.chunks { try writer.append(entry) }
        #expect(writer.chunks == BundleLimits.chunks)
        let fault = try fault { try writer.append(entry) }
        #expect(fault.code == .source)
        #expect(fault.message.contains("250000"))
    }
}
