import Archive
import DurableFiles
import Faults
import Glibc
import Sealing
import TestKit
import Testing

@Suite struct TreeTests {
    @Test func `a tree goes into an archive and out of it and is the same`() throws {
        try withScratch { scratch in
            let source = try scratch.make("source")
            try makeSample(source)
            let copy = try scratch.make("copy")
            let bytes = try pack(source)
            try unpack(bytes, below: copy)
            let before = try summary(source)
            // Nothing masked here: what was unpacked has exactly these modes.
            let after = try summary(copy, modeMask: 0o777)
            #expect(after == before)
            #expect(after.entries == 18)
            #expect(after.largestFile == 5000)
            #expect(try pack(copy) == bytes)
            let program = try #require(try copy.open("a").info("program"))
            #expect(program.links == 3)
            #expect(program.inode == (try copy.info("again"))?.inode)
        }
    }

    @Test func `modes lose the writing bits of group and others, whatever the umask`() throws {
        try withScratch { scratch in
            let source = try scratch.make("source")
            try makeFile(source, "wide", [1], mode: 0o666)
            try makeFile(source, "run", [1], mode: 0o777)
            try source.make("open").chmod(0o777)
            let bytes = try pack(source)
            let copy = try scratch.make("copy")
            let old = umask(0o077)
            defer { umask(old) }
            try unpack(bytes, below: copy)
            #expect(try copy.info("wide")?.mode == 0o644)
            #expect(try copy.info("run")?.mode == 0o755)
            #expect(try copy.info("open")?.mode == 0o755)
            #expect(try summary(copy, modeMask: 0o777) == summary(source))
            var tar = RawTar()
            tar.add("g", mode: 0o666, content: [1])
            let other = try scratch.make("other")
            try unpack(tar.ended, below: other)
            #expect(try other.info("g")?.mode == 0o644)
        }
    }

    @Test func `nothing that exists already is written to or followed`() throws {
        try withScratch { scratch in
            let outside = try scratch.make("outside")
            try makeFile(outside, "victim", [1, 2, 3])
            let tree = try scratch.make("tree")
            try tree.replaceLink("d", target: "../outside")
            try tree.replaceLink("victim", target: "../outside/victim")
            var file = RawTar()
            file.add("victim", content: [9])
            #expect(throws: Fault.self) { try unpack(file.ended, below: tree) }
            var directory = RawTar()
            directory.add("d", type: "5", mode: 0o755)
            #expect(throws: Fault.self) { try unpack(directory.ended, below: tree) }
            // A receiver may be driven by something else than the reader.
            let writer = try TreeWriter(below: tree)
            #expect(throws: Fault.self) {
                try writer.begin(ArchiveEntry(path: "d/x", kind: .file, permissions: 0o644))
            }
            #expect(throws: Fault.self) {
                try writer.begin(ArchiveEntry(path: "../x", kind: .file, permissions: 0o644))
            }
            #expect(throws: Fault.self) {
                try writer.begin(
                    ArchiveEntry(
                        path: "h", kind: .hardLink(target: "victim"), permissions: 0o644))
            }
            #expect(try outside.names() == ["victim"])
            #expect(try outside.read("victim", limit: 10) == [1, 2, 3])
        }
    }

    @Test func `more directories than are kept open are written right`() throws {
        try withScratch { scratch in
            let source = try scratch.make("source")
            for outer in 0..<10 {
                let directory = try source.make("d\(outer)")
                for inner in 0..<10 {
                    try makeFile(directory.make("e\(inner)"), "f", [UInt8(outer), UInt8(inner)])
                }
            }
            let copy = try scratch.make("copy")
            try unpack(pack(source), below: copy)
            #expect(try summary(copy) == summary(source))
        }
    }

    @Test func `a large file is written whole, and counted`() throws {
        try withScratch { scratch in
            let source = try scratch.make("source")
            let content = (0..<(20 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            try makeFile(source, "weights", content)
            let bytes = try pack(source)
            let copy = try scratch.make("copy")
            let writer = try TreeWriter(below: copy)
            try read(bytes, pieces: 1 << 20, rules: .unsized, into: writer)
            try writer.finish()
            #expect(writer.written == 20 << 20)
            #expect(try summary(copy) == summary(source))
        }
    }

    @Test func `zeros of a large new file are reserved and not written`() throws {
        try withScratch { scratch in
            let source = try scratch.make("source")
            var content = [UInt8](repeating: 0, count: 12 << 20)
            // Pieces of 1 MiB, of which the fourth and the last have a byte in them.
            content[3 << 20] = 1
            content[content.count - 1] = 2
            try makeFile(source, "weights", content)
            try makeFile(source, "small", [UInt8](repeating: 0, count: 4096))
            let bytes = try pack(source)
            let copy = try scratch.make("copy")
            let writer = try TreeWriter(below: copy)
            try read(bytes, pieces: 1 << 20, rules: .unsized, into: writer)
            try writer.finish()
            // A file's content begins in the middle of a piece, so that one byte is written with
            // what stands before it.
            #expect(writer.written <= 4 << 20 && writer.written > 4096, "\(writer.written)")
            #expect(try summary(copy) == summary(source))
            // The space is the file's own: nobody else can take it before the zeros are others.
            let allocated = try #require(copy.info("weights")?.allocated)
            #expect(allocated >= 12 << 20, "\(allocated)")
        }
    }

    @Test func `zeros are written where a file stood before`() throws {
        try withScratch { scratch in
            let tree = try scratch.make("tree")
            try makeFile(tree, "weights", [UInt8](repeating: 7, count: 2 << 20))
            let writer = try TreeWriter(below: tree, continuing: true)
            try writer.begin(
                ArchiveEntry(path: "weights", kind: .file, permissions: 0o644, size: 2 << 20))
            let zeros = [UInt8](repeating: 0, count: 1 << 20)
            try writer.data(zeros.span, at: 0)
            try writer.data(zeros.span, at: 1 << 20)
            try writer.end()
            try writer.finish()
            #expect(writer.written == 2 << 20)
            #expect(try tree.read("weights", limit: 4 << 20) == zeros + zeros)
        }
    }

    @Test func `a source that no device would unpack is refused with its own code`() throws {
        func refusal(_ make: (borrowing Directory) throws -> Void) throws -> Fault {
            try withScratch { scratch in
                try make(scratch)
                return try fault { _ = try TreeReader.list(scratch) }
            }
        }
        let faults = [
            try refusal { try $0.replaceLink("l", target: "/etc") },
            try refusal { try $0.replaceLink("l", target: "../x") },
            try refusal { #expect(unsafe mkfifoat($0.raw, "p", 0o600) == 0) },
            try refusal { try makeFile($0, "s", [], mode: 0o4755) },
            try refusal { try makeFile($0, "mode\u{300}le", []) },
            try refusal { try makeFile($0, "a\nb", []) },
        ]
        for fault in faults { #expect(fault.code == .source, "\(fault)") }
    }

    @Test func `a name that is not UTF-8 is refused with the code of who asks`() throws {
        try withScratch { scratch in
            try makeFile(scratch, "a", [])
            let name: [CChar] = [0x61, -1, 0]
            #expect(unsafe renameat(scratch.raw, "a", scratch.raw, name) == 0)
            defer { unsafe unlinkat(scratch.raw, name, 0) }
            #expect(try fault { _ = try TreeReader.list(scratch) }.code == .source)
            #expect(try fault { _ = try summary(scratch) }.code == .slotAltered)
        }
    }

    @Test func `a source's files are opened by their entries`() throws {
        try withScratch { scratch in
            try makeSample(scratch)
            let tree = try TreeReader.list(scratch)
            #expect(tree.bytes == (try summary(scratch)).bytes)
            let paths = tree.entries.map(\.path)
            #expect(paths == paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
            #expect(paths.prefix(3) == ["a", "a-b", "a/block"])
            for entry in tree.entries where entry.kind == .file {
                #expect(try tree.open(entry).info(entry.path).size == entry.size)
            }
            let entry = try #require(tree.entries.first { $0.path == "a-b" })
            try makeFile(scratch, "other", [1])
            try scratch.rename("other", to: "a-b")
            #expect(throws: Fault.self) { _ = try tree.open(entry) }
        }
    }
}
