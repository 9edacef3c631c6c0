import Archive
import DurableFiles
import Faults
import Glibc
import Sealing
import TestKit
import Testing

@Suite struct TreeScannerTests {
    private func uncached(
        _ root: borrowing Directory, allowVolatile: Bool = false
    ) throws -> TreeSummary {
        try TreeScanner(
            reading: .uncached(allowVolatile: allowVolatile), refusal: .readBack,
            modeMask: EntryRules.modeMask
        ).scan(root)
    }

    @Test func `the digest is that of the lines that the documentation gives`() throws {
        try withScratch { scratch in
            let a = try scratch.make("a")
            try makeFile(scratch, "a-b", Array("hello\n".utf8))
            try makeFile(a, "c", [], mode: 0o755)
            #expect(unsafe linkat(scratch.raw, "a-b", a.raw, "é", 0) == 0)
            #expect(unsafe symlinkat("a/c", scratch.raw, "l") == 0)
            let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
            let hello = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
            let target = try SHA256.digest(of: Array("a/c".utf8))
            let lines =
                "d 755 1:a 0 - -\n" + "f 644 3:a-b 6 \(hello) -\n" + "f 755 3:a/c 0 \(empty) -\n"
                + "f 644 4:a/é 6 \(hello) 3:a-b\n" + "l 777 1:l 3 \(target) -\n"
            let found = try summary(scratch)
            #expect(found.digest == (try SHA256.digest(of: Array(lines.utf8))))
            #expect(found.entries == 5)
            #expect(found.bytes == 6)
            #expect(found.diskBytes == 8192)
            #expect(found.largestFile == 6)
        }
    }

    @Test func `every change of a tree changes its digest`() throws {
        let changes: [(String, (borrowing Directory) throws -> Void)] = [
            ("nothing", { _ in }),
            (
                "byte",
                {
                    try $0.remove("a-b"); try makeFile($0, "a-b", Array("sorts bEfore a/".utf8))
                }
            ),
            (
                "longer",
                {
                    try $0.remove("a-b"); try makeFile($0, "a-b", Array("sorts before a/ ".utf8))
                }
            ),
            ("added", { try makeFile($0, "new", []) }),
            ("added directory", { _ = try $0.make("new") }),
            ("removed", { try $0.remove("a-b") }),
            ("mode", { #expect(unsafe fchmodat($0.raw, "a-b", 0o600, 0) == 0) }),
            ("directory mode", { try $0.open("a").chmod(0o700) }),
            ("renamed", { try $0.rename("a-b", to: "a-c") }),
            ("target", { try $0.open("a").replaceLink("up", target: "../a-c") }),
            (
                "kind",
                {
                    try $0.remove("a-b"); try $0.replaceLink("a-b", target: "a")
                }
            ),
            (
                "unlinked group",
                {
                    try $0.remove("again")
                    try makeFile($0, "again", [UInt8](repeating: 7, count: 5000), mode: 0o755)
                }
            ),
        ]
        var digests: Set<Digest> = []
        for (_, change) in changes {
            try withScratch { scratch in
                try makeSample(scratch)
                try change(scratch)
                digests.insert(try summary(scratch).digest)
            }
        }
        #expect(digests.count == changes.count)
    }

    @Test func `reading past the cache gives the same as reading through it`() throws {
        try withScratch { scratch in
            let disk = try FileSystem.of(scratch)
            try makeSample(scratch)
            for size in [1, 4095, 4096, 4097, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 9 << 20] {
                try makeFile(scratch, "size-\(size)", [UInt8](repeating: 3, count: size))
            }
            let cached = try summary(scratch)
            // Dirty pages cannot be dropped; O_DIRECT has to do it for these.
            #expect(try uncached(scratch) == cached)
            try disk.syncAll()
            #expect(try uncached(scratch) == cached)
        }
    }

    @Test func `a tree in memory alone cannot be read back`() throws {
        let shared = try Directory.open(path: "/dev/shm")
        let name = "nacelle-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        let root = try shared.make(name)
        defer { try? shared.removeTree(name) }
        try makeFile(root, "f", [1, 2, 3])
        let fault = try fault { _ = try uncached(root) }
        #expect(fault.code == .readBack)
        #expect(fault.message.contains("in memory alone"))
        #expect(try uncached(root, allowVolatile: true) == summary(root))
    }

    @Test func `what no tree of ours has ends the scan with the caller's code`() throws {
        let makers: [(borrowing Directory) throws -> Void] = [
            { #expect(unsafe mkfifoat($0.raw, "p", 0o600) == 0) },
            { try makeFile($0, "s", [], mode: 0o2755) },
            { try $0.make("sticky").chmod(0o1777) },
            { scratch in
                var deep = try scratch.make("d")
                for _ in 0..<64 { deep = try deep.make("d") }
            },
        ]
        for make in makers {
            try withScratch { scratch in
                try make(scratch)
                #expect(try fault { _ = try summary(scratch) }.code == .slotAltered)
            }
        }
        try withScratch { scratch in
            for number in 0..<6 {
                try makeFile(scratch.openOrMake("d\(number % 2)"), "\(number)", [])
            }
            let scanner = TreeScanner(reading: .cached, refusal: .slotAltered, maxEntries: 7)
            #expect(try fault { _ = try scanner.scan(scratch) }.code == .slotAltered)
        }
    }

    @Test(arguments: [1, 2, 5])
    func `progress is told on the scan's own thread, up to the tree's bytes`(megabytes: Int) throws
    {
        try withScratch { scratch in
            try makeFile(scratch, "f", [UInt8](repeating: 1, count: megabytes << 20))
            for number in 0..<200 { try makeFile(scratch, "s\(number)", [1, 2, 3]) }
            let own = pthread_self()
            nonisolated(unsafe) var seen: [Int64] = []
            nonisolated(unsafe) var asked = 0
            let scanner = TreeScanner(
                reading: .cached, refusal: .slotAltered,
                progress: {
                    #expect(pthread_equal(pthread_self(), own) != 0)
                    seen.append($0)
                },
                checkpoint: { () throws(Fault) in
                    #expect(pthread_equal(pthread_self(), own) != 0)
                    asked += 1
                })
            _ = try scanner.scan(scratch)
            #expect(seen == seen.sorted())
            #expect(seen.last == Int64(megabytes << 20) + 600)
            #expect(asked == 201 + seen.count)
        }
    }

    @Test func `a checkpoint ends the scan in the middle of a file`() throws {
        try withScratch { scratch in
            try makeFile(scratch, "f", [])
            #expect(unsafe truncate("\(scratch.path)/f", 64 << 30) == 0)
            nonisolated(unsafe) var seen: Int64 = 0
            let scanner = TreeScanner(
                reading: .cached, refusal: .slotAltered, progress: { seen = $0 },
                checkpoint: { () throws(Fault) in
                    if seen > 0 { throw Fault(.cancelled, "Enough.") }
                })
            #expect(try fault { _ = try scanner.scan(scratch) } == Fault(.cancelled, "Enough."))
            #expect(seen < 32 << 30)
        }
    }

    @Test func `files of all sizes in many directories have the digest of their lines`() throws {
        var generator = SeededGenerator(seed: 7)
        try withScratch { scratch in
            let disk = try FileSystem.of(scratch)
            var lines: [(path: String, text: String)] = []
            func add(_ parent: borrowing Directory, _ above: String, _ name: String) throws {
                let size =
                    switch UInt8.random(in: 0..<40, using: &generator) {
                    case 0: Int.random(in: 0..<3 << 20, using: &generator)
                    case 1: 128 << 10
                    case 2: 1 << 20
                    default: Int.random(in: 0..<20_000, using: &generator)
                    }
                let byte = UInt8.random(in: 0...255, using: &generator)
                let bytes = [UInt8](repeating: byte, count: size)
                try makeFile(parent, name, bytes)
                let path = above + name
                let digest = try SHA256.digest(of: bytes)
                lines.append((path, "f 644 \(path.utf8.count):\(path) \(size) \(digest) -\n"))
            }
            for number in 0..<120 {
                let name = "d\(number)"
                let inner = try scratch.make(name)
                lines.append((name, "d 755 \(name.utf8.count):\(name) 0 - -\n"))
                for file in 0..<(number % 9) { try add(inner, name + "/", "f\(file)") }
            }
            for number in 0..<300 { try add(scratch, "", "e\(number)") }
            lines.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
            let expected = try SHA256.digest(of: Array(lines.map(\.text).joined().utf8))
            #expect(try summary(scratch).digest == expected)
            try disk.syncAll()
            #expect(try uncached(scratch).digest == expected)
        }
    }

    @Test func `more directories than lines may wait are taken in`() throws {
        try withScratch { scratch in
            // Its digest is the last to be known, and everything behind it waits.
            try makeFile(scratch, "a", [UInt8](repeating: 9, count: 20 << 20))
            for number in 0..<5000 { _ = try scratch.make("d\(number)", mode: 0o755) }
            #expect(try summary(scratch).entries == 5001)
        }
    }

    @Test func `reading past the cache leaves nothing of the files in it`() throws {
        try withScratch { scratch in
            let disk = try FileSystem.of(scratch)
            let sizes = [1, 5000, 1 << 20, (9 << 20) + 17]
            for size in sizes {
                try makeFile(scratch, "f\(size)", [UInt8](repeating: 1, count: size))
            }
            try disk.syncAll()
            _ = try uncached(scratch)
            for size in sizes {
                guard let file = try scratch.openFile("f\(size)") else { continue }
                let pages = try residentPages(file.raw, size)
                #expect(pages == 0, "\(size)")
            }
        }
    }

    /// How many pages of a file are in the page cache.
    private func residentPages(_ file: Int32, _ size: Int) throws -> Int {
        let map = unsafe mmap(nil, size, PROT_READ, MAP_SHARED, file, 0)
        try #require(unsafe map != MAP_FAILED)
        defer { unsafe munmap(map, size) }
        var pages = [UInt8](repeating: 0, count: (size + 4095) / 4096)
        #expect(unsafe mincore(map, size, &pages) == 0)
        return pages.count { $0 & 1 == 1 }
    }

    @Test func `a file that changes while it is read ends the scan`() throws {
        try withScratch { scratch in
            try makeFile(scratch, "a", [UInt8](repeating: 1, count: 4 << 20))
            try makeFile(scratch, "b", [])
            #expect(unsafe truncate("\(scratch.path)/b", 1 << 30) == 0)
            nonisolated(unsafe) var isCut = false
            let path = scratch.path
            let scanner = TreeScanner(
                reading: .cached, refusal: .slotAltered,
                progress: { _ in
                    if !isCut { isCut = unsafe truncate("\(path)/b", 5) == 0 }
                })
            let fault = try fault { _ = try scanner.scan(scratch) }
            #expect(fault.code == .storage)
            #expect(fault.message.contains("/b "))
        }
    }
}
