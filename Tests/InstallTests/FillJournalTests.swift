import Archive
import Bundle
import DurableFiles
import Faults
import Sealing
import TestKit
import Testing

@testable import Install

/// The journal of an interrupted install, as bytes.
private struct Torn {
    static let names = ["about", "extents", "heads", "progress"]
    let stream: Digest
    let list: [(range: Range<Int64>, entry: IndexEntry)]
    let files: [String: [UInt8]]
    /// Where each chunk that stands in a file stands, by the whole journal.
    let places: [Int64: SlotIndex.Place]
    let progress: Int64

    /// What a journal claims.
    struct Claims {
        var progress: Int64 = 0
        var isContinued = false
        /// Claims that are right, and such that a digest would find out.
        var right = 0
        var wrong = 0
    }

    /// Writes the files, one of them changed, and asks the journal for everything that it knows.
    func claims(
        in notes: borrowing Directory, _ name: String, _ bytes: [UInt8]
    ) throws -> Claims {
        for file in Torn.names {
            try notes.remove(file)
            let content = file == name ? bytes : files[file] ?? []
            try notes.create(file).write(content.span, file)
        }
        let journal = try FillJournal(in: notes, stream: stream, continuing: true)
        var claims = Claims(progress: journal.progress, isContinued: journal.isContinued)
        var cursor = try journal.cursor()
        var buffer = [UInt8](repeating: 0, count: RealTree.chunk)
        for (range, entry) in list {
            if let place = cursor.place(of: range) {
                if place == places[range.lowerBound] {
                    claims.right += 1
                } else {
                    claims.wrong += 1
                }
            }
            guard journal.hasHead(at: range.lowerBound, length: entry.plainLength) else { continue }
            let isRead = journal.readHead(at: range.lowerBound, into: &buffer)
            let head = Array(buffer[..<entry.plainLength])
            if isRead, try SHA256.digest(of: head) == entry.plainDigest {
                claims.right += 1
            } else {
                claims.wrong += 1
            }
        }
        return claims
    }

    /// The journal of a small bundle that was unpacked whole.
    static func make() throws -> Torn {
        var tree = RealTree()
        tree.directory("bin")
        tree.file("bin/a", [1, 2, 3])
        tree.file("bin/empty", [])
        tree.file("bin/bé", SeededGenerator.some(2500))
        let made = try tree.maker().make()
        return try withBench { bench in
            let source = PricedSource(made, isRemote: true)
            _ = try bench.fill(made, from: source, stop: made.manifest.index.chunks)
            let notes = try bench.directory("journal")
            var files: [String: [UInt8]] = [:]
            for name in names { files[name] = try notes.read(name, limit: 1 << 20) }
            let stream = made.manifest.stream.digest
            let journal = try FillJournal(in: notes, stream: stream, continuing: true)
            var cursor = try journal.cursor()
            var places: [Int64: SlotIndex.Place] = [:]
            let list = try chunks(of: made)
            for (range, _) in list { places[range.lowerBound] = cursor.place(of: range) }
            return Torn(
                stream: stream, list: list, files: files, places: places,
                progress: journal.progress)
        }
    }
}

extension SeededGenerator {
    fileprivate static func some(_ count: Int) -> [UInt8] {
        var random = SeededGenerator(seed: 3)
        return random.bytes(count)
    }
}

@Suite struct FillJournalTests {
    /// Of which of some streams a directory holds the journal.
    private func known(_ notes: borrowing Directory, _ streams: Digest...) -> [Bool] {
        var known: [Bool] = []
        for stream in streams { known.append(FillJournal.exists(in: notes, stream: stream)) }
        return known
    }

    @Test func `a whole journal knows every chunk`() throws {
        let torn = try Torn.make()
        #expect(torn.progress == torn.list.last?.range.upperBound)
        #expect(torn.places.count == 4)
        try withScratch { notes in
            let claims = try torn.claims(in: notes, "", [])
            #expect(claims.isContinued && claims.progress == torn.progress)
            #expect(claims.right == torn.list.count && claims.wrong == 0)
        }
    }

    @Test(arguments: ["about", "extents", "heads", "progress"])
    func `a journal that was cut off at any byte claims only what is true`(name: String) throws {
        let torn = try Torn.make()
        let whole = torn.files[name] ?? []
        try withScratch { notes in
            var most = 0
            for count in whole.indices {
                let claims = try torn.claims(in: notes, name, Array(whole[..<count]))
                #expect(claims.wrong == 0, "\(name) of \(count) bytes")
                #expect(claims.isContinued == (name != "about"))
                #expect(claims.progress == torn.progress || ["about", "progress"].contains(name))
                #expect(claims.progress <= torn.progress)
                #expect(claims.right >= most, "more of \(name) knew less")
                most = claims.right
            }
            #expect(name == "about" ? most == 0 : most > torn.list.count / 2)
        }
    }

    @Test(arguments: ["about", "extents", "heads", "progress"])
    func `zeros in place of a tail are not taken for more`(name: String) throws {
        let torn = try Torn.make()
        let whole = torn.files[name] ?? []
        try withScratch { notes in
            for count in stride(from: 0, to: whole.count, by: name == "heads" ? 7 : 1) {
                let zeros = [UInt8](repeating: 0, count: whole.count - count + 40)
                let claims = try torn.claims(in: notes, name, whole[..<count] + zeros)
                // A head's own bytes may be zeros, which its digest finds.
                #expect(claims.wrong <= (name == "heads" ? 1 : 0), "\(name) of \(count) bytes")
            }
        }
    }

    @Test(arguments: SeededGenerator.seeds(3))
    func `garbage in place of a tail never traps`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let torn = try Torn.make()
        try withScratch { notes in
            for name in Torn.names {
                let whole = torn.files[name] ?? []
                for _ in 0..<60 {
                    let count = Int.random(in: 0...whole.count, using: &random)
                    let tail = random.bytes(Int.random(in: 1...200, using: &random))
                    let claims = try torn.claims(in: notes, name, whole[..<count] + tail)
                    #expect(claims.progress >= 0)
                    var flipped = whole
                    if let place = whole.indices.randomElement(using: &random) {
                        flipped[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
                    }
                    _ = try torn.claims(in: notes, name, flipped)
                }
            }
        }
    }

    @Test(arguments: SeededGenerator.seeds(12))
    func `an install goes on from a torn journal to the very tree`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let made = try RealTree.sample(seed).maker(sealed: seed % 2 == 0).make()
        try withBench { bench in
            let source = PricedSource(made, isRemote: true)
            let stop = Int.random(in: 0...made.manifest.index.chunks, using: &random)
            _ = try bench.fill(made, from: source, stop: stop)
            let notes = try bench.directory("journal")
            for name in ["extents", "heads", "progress"] {
                var bytes = try #require(try notes.read(name, limit: 1 << 20))
                bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
                switch random.next() % 3 {
                case 0: bytes += random.bytes(300)
                case 1: bytes += [UInt8](repeating: 0, count: 300)
                default: break
                }
                try notes.replace(name, with: bytes)
            }
            let watcher = Watcher()
            let second = try bench.fill(made, from: source, watcher: watcher)
            #expect(second.fault == nil)
            #expect(try bench.tree() == made.manifest.tree.digest)
            #expect(watcher.told.isEmpty)
            // What was noted by both together is the index of the whole slot.
            _ = try bench.writeIndex(made, source, "index")
        }
    }

    @Test func `a head that turned out to be damaged is kept anew`() throws {
        let torn = try Torn.make()
        try withScratch { notes in
            var heads = torn.files["heads"] ?? []
            heads[100] ^= 1
            #expect(try torn.claims(in: notes, "heads", heads).wrong == 1)
            let made: [UInt8] = [5, 6, 7]
            let journal = try FillJournal(in: notes, stream: torn.stream, continuing: true)
            try journal.keepHead(made.span, at: 0)
            let again = try FillJournal(in: notes, stream: torn.stream, continuing: true)
            var buffer = [UInt8](repeating: 0, count: 3)
            #expect(again.hasHead(at: 0, length: 3) && again.readHead(at: 0, into: &buffer))
            #expect(buffer == made)
        }
    }

    @Test func `the journal of another stream is begun anew, and one that is not to be continued`()
        throws
    {
        let torn = try Torn.make()
        try withScratch { notes in
            let other = try SHA256.digest(of: [1])
            _ = try torn.claims(in: notes, "", [])
            #expect(known(notes, torn.stream, other) == [true, false])
            let fresh = try FillJournal(in: notes, stream: torn.stream, continuing: false)
            #expect(!fresh.isContinued && fresh.progress == 0 && fresh.extentsEnd == 0)
            _ = try torn.claims(in: notes, "", [])
            let anew = try FillJournal(in: notes, stream: other, continuing: true)
            #expect(!anew.isContinued && anew.progress == 0 && anew.extentsEnd == 0)
            #expect(!anew.hasHead(at: 0, length: torn.list[0].entry.plainLength))
            #expect(known(notes, torn.stream, other) == [false, true])
        }
    }
}
