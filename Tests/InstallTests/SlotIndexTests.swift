import Archive
import Bundle
import DurableFiles
import Faults
import Glibc
import Sealing
import TestKit
import Testing

@testable import Install

/// A slot index made by hand, honest or not.
private struct RawIndex {
    var magic = SlotIndex.magic
    var chunks: [(digest: Digest, offset: UInt64, length: UInt32, file: UInt32)] = []
    var files: [(offset: UInt64, length: UInt32)] = []
    var paths: [UInt8] = []
    var chunkCount: UInt32?
    var fileCount: UInt32?

    var bytes: [UInt8] {
        var bytes = magic
        bytes.append(littleEndian: chunkCount ?? UInt32(chunks.count))
        bytes.append(littleEndian: fileCount ?? UInt32(files.count))
        for chunk in chunks {
            bytes += chunk.digest.bytes
            bytes.append(littleEndian: chunk.offset)
            bytes.append(littleEndian: chunk.length)
            bytes.append(littleEndian: chunk.file)
        }
        for file in files {
            bytes.append(littleEndian: file.offset)
            bytes.append(littleEndian: file.length)
            bytes.append(littleEndian: UInt32(0))
        }
        return bytes + paths
    }

    /// One chunk of 4 bytes in a file of that path.
    init(path: [UInt8], offset: UInt64 = 0) throws {
        chunks = [(try SHA256.digest(of: [1, 2, 3, 4]), offset, 4, 0)]
        files = [(0, UInt32(path.count))]
        paths = path
    }
}

extension [UInt8] {
    fileprivate mutating func append(littleEndian number: some FixedWidthInteger) {
        for shift in stride(from: 0, to: number.bitWidth, by: 8) {
            append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}

@Suite struct SlotIndexTests {
    /// What an index of these bytes finds, opened under its true digest.
    private func find(
        _ bytes: [UInt8], _ digest: Digest, length: Int = 4
    ) throws -> SlotIndex.Place? {
        try withScratch { scratch in
            let file = try scratch.create("index")
            try file.write(bytes.span, "index")
            var index = try SlotIndex.open(
                file, digest: try SHA256.digest(of: bytes), name: "index")
            return index.find(digest, length: length)
        }
    }

    /// Opens an index of these bytes under a digest.
    private func check(_ bytes: [UInt8], _ digest: Digest) throws {
        try withScratch { scratch in
            let file = try scratch.create("index")
            try file.write(bytes.span, "index")
            _ = try SlotIndex.open(file, digest: digest, name: "index")
        }
    }

    @Test(arguments: SeededGenerator.seeds(4))
    func `every chunk wholly inside a file is found where its bytes stand, and no other`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        var tree = RealTree.sample(seed)
        tree.isShared = seed % 3 == 0
        tree.directory("more")
        for number in 0..<Int.random(in: 1...20, using: &random) {
            let count = Int.random(in: 0...3000, using: &random)
            tree.file("more/file-\(number)", random.bytes(count))
        }
        let chunk = Int.random(in: 100...2000, using: &random)
        let made = try tree.maker(sealed: seed % 2 == 0, chunk: chunk).make()
        try withBench { bench in
            let digest = try bench.run(made)
            let root = try Directory.open(path: bench.scratch)
            let file = try writable(root, "running.index")
            var index = try SlotIndex.open(file, digest: digest, name: "index")
            let size = try #require(try root.info("running.index")).size
            let written = try #require(try root.read("running.index", limit: Int(size)))
            #expect(try SHA256.digest(of: written) == digest)
            let files = try TreeFiles(bench.directory("running"))
            var content: Int64 = 0
            for (range, entry) in try chunks(of: made) {
                let place = index.find(entry.plainDigest, length: entry.plainLength)
                #expect(index.find(entry.plainDigest, length: entry.plainLength + 1) == nil)
                guard let place else { continue }
                content += Int64(range.count)
                var bytes = [UInt8](repeating: 0, count: entry.plainLength)
                #expect(
                    files.read(
                        place.path, at: place.offset, count: entry.plainLength, into: &bytes))
                #expect(try SHA256.digest(of: bytes) == entry.plainDigest)
            }
            // Headers stand in no file, all content does.
            #expect(content == made.manifest.tree.bytes)
            #expect(index.find(try SHA256.digest(of: random.bytes(9)), length: 9) == nil)
        }
    }

    @Test func `any flipped, missing or added byte of an index makes it refused`() throws {
        let bytes = try RawIndex(path: Array("data/weights".utf8)).bytes
        let digest = try SHA256.digest(of: bytes)
        try check(bytes, digest)
        for place in bytes.indices {
            var flipped = bytes
            flipped[place] ^= 1 << UInt8(place % 8)
            #expect(try fault { try check(flipped, digest) }.code == .storeDamaged)
            let part = Array(bytes[..<place])
            #expect(try fault { try check(part, digest) }.code == .storeDamaged)
        }
        #expect(try fault { try check(bytes + [0], digest) }.code == .storeDamaged)
    }

    @Test func `an index that its record names and that is none is refused`() throws {
        let digest = try SHA256.digest(of: [1, 2, 3, 4])
        var raw = try RawIndex(path: Array("a".utf8))
        #expect(try find(raw.bytes, digest) == SlotIndex.Place(path: "a", offset: 0))
        raw.magic[7] = UInt8(ascii: "2")
        #expect(try fault { _ = try find(raw.bytes, digest) }.code == .storeDamaged)
        for count: UInt32 in [2, 1 << 20, .max] {
            var raw = try RawIndex(path: Array("a".utf8))
            raw.chunkCount = count
            #expect(try fault { _ = try find(raw.bytes, digest) }.code == .storeDamaged)
            raw.chunkCount = nil
            raw.fileCount = count
            #expect(try fault { _ = try find(raw.bytes, digest) }.code == .storeDamaged)
            raw.chunkCount = count
            #expect(try fault { _ = try find(raw.bytes, digest) }.code == .storeDamaged)
        }
        for short in [[], Array(SlotIndex.magic), [UInt8](repeating: 0, count: 16)] {
            #expect(try fault { _ = try find(short, digest) }.code == .storeDamaged)
        }
    }

    @Test func `an index that lies under a right digest finds nothing`() throws {
        let digest = try SHA256.digest(of: [1, 2, 3, 4])
        func finds(_ change: (inout RawIndex) -> Void) throws -> Bool {
            var raw = try RawIndex(path: Array("data/weights".utf8))
            change(&raw)
            return try find(raw.bytes, digest) != nil
        }
        #expect(try finds { _ in })
        #expect(try !finds { $0.chunks[0].length = 5 })
        #expect(try !finds { $0.chunks[0].length = .max })
        #expect(try !finds { $0.chunks[0].offset = .max })
        #expect(try !finds { $0.chunks[0].offset = 1 << 63 })
        #expect(try !finds { $0.chunks[0].file = 1 })
        #expect(try !finds { $0.chunks[0].file = .max })
        #expect(try !finds { $0.files[0].length = 13 })
        #expect(try !finds { $0.files[0].length = .max })
        #expect(try !finds { $0.files[0].offset = 1 })
        #expect(try !finds { $0.files[0].offset = .max })
        #expect(try !finds { $0.files[0].offset = UInt64(SlotIndex.limit) })
        #expect(try !finds { $0.paths = [0xFF] + $0.paths.dropFirst() })
        // What follows the last file is a file's record in all but its place.
        #expect(
            try !finds {
                $0.chunks[0].file = 1
                $0.paths = [0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0] + $0.paths
                $0.files[0].length = 4
            })
        // Not in the order of digests: some are not found, none is found wrongly.
        var raw = try RawIndex(path: Array("a".utf8))
        for number in UInt8(0)..<50 {
            raw.chunks.append((try SHA256.digest(of: [number]), UInt64(number), 1, 0))
        }
        for number in UInt8(0)..<50 {
            let place = try find(raw.bytes, try SHA256.digest(of: [number]), length: 1)
            #expect(place == nil || place?.offset == Int64(number))
        }
    }

    @Test(
        arguments: [
            "../outside/victim", "/etc/passwd", "", ".", "..", "a//b", "link", "link/victim",
            "pipe", "folder", "missing", "a\u{0}b", "data/../data/weights",
        ])
    func `a place that an index makes up is never read`(path: String) throws {
        let digest = try SHA256.digest(of: [1, 2, 3, 4])
        let raw = try RawIndex(path: Array(path.utf8))
        guard let place = try find(raw.bytes, digest) else { return }
        try withScratch { scratch in
            let outside = try scratch.make("outside")
            try outside.create("victim").write([1, 2, 3, 4].span, "victim")
            let tree = try scratch.make("tree")
            let data = try tree.make("data")
            try data.create("weights").write([1, 2, 3, 4].span, "weights")
            _ = try tree.make("folder")
            let target = path == "link" ? "../outside/victim" : "../outside"
            try tree.replaceLink("link", target: target)
            #expect(unsafe mkfifoat(tree.raw, "pipe", 0o600) == 0)
            let files = try TreeFiles(tree)
            var buffer = [UInt8](repeating: 9, count: 4)
            #expect(!files.read(place.path, at: place.offset, count: 4, into: &buffer))
            #expect(buffer == [9, 9, 9, 9])
            #expect(files.read("data/weights", at: 0, count: 4, into: &buffer))
            #expect(!files.read("data/weights", at: 1, count: 4, into: &buffer))
            for offset in [Int64(4), .max, .max - 3, -1, .min] {
                #expect(!files.read("data/weights", at: offset, count: 4, into: &buffer))
            }
        }
    }

    @Test(arguments: SeededGenerator.seeds(8))
    func `random bytes under the magic never trap`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            var raw = try RawIndex(path: random.bytes(Int.random(in: 0...40, using: &random)))
            raw.chunks = try (0..<Int.random(in: 0...8, using: &random)).map { _ in
                (
                    try SHA256.digest(of: [UInt8.random(in: 0...8, using: &random)]),
                    random.next(), UInt32(truncatingIfNeeded: random.next()),
                    UInt32.random(in: 0...3, using: &random)
                )
            }
            raw.files = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                (
                    random.next() >> UInt64.random(in: 0...63, using: &random),
                    UInt32.random(in: 0...60, using: &random)
                )
            }
            for number in UInt8(0)...8 {
                _ = try find(raw.bytes, try SHA256.digest(of: [number]), length: 1)
            }
        }
    }
}
