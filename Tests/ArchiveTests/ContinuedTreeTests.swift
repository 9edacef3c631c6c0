import Archive
import DurableFiles
import Faults
import Glibc
import TestKit
import Testing

/// Begins a file of some bytes in a continued tree.
private func begin(_ writer: TreeWriter, _ path: String, _ size: Int64) throws {
    try writer.begin(ArchiveEntry(path: path, kind: .file, permissions: 0o444, size: size))
}

@Suite struct ContinuedTreeTests {
    @Test func `a tree that was left at any entry is continued to the same tree`() throws {
        try withScratch { scratch in
            let source = try scratch.make("source")
            try makeSample(source)
            let bytes = try pack(source)
            let expected = try summary(source)
            let copy = try scratch.make("copy")
            for stop in [0, 1, 4, 9, 17, 18] {
                let first = try TreeWriter(below: copy, continuing: true)
                if stop < 18 {
                    #expect(throws: Fault.self) {
                        try read(bytes, into: Stopping(first, after: stop))
                    }
                } else {
                    try read(bytes, into: Stopping(first, after: stop))
                    try first.finish()
                }
                let second = try TreeWriter(below: copy, continuing: true)
                try read(bytes, into: second)
                try second.finish()
                #expect(try summary(copy, modeMask: 0o777) == expected)
                #expect(second.kept == 0)
            }
        }
    }

    @Test func `only right after the bytes before, in a file that stood there, is anything kept`()
        throws
    {
        try withScratch { tree in
            try makeFile(tree, "old", [1, 2, 3, 4, 5, 6], mode: 0o400)
            let writer = try TreeWriter(below: tree, continuing: true)
            #expect(!writer.keep(1, at: 0))
            try begin(writer, "old", 6)
            #expect(!writer.keep(2, at: 2))
            #expect(writer.keep(2, at: 0))
            try writer.data([9, 9].span, at: 2)
            #expect(!writer.keep(2, at: 2))
            #expect(writer.keep(2, at: 4))
            try writer.end()
            try begin(writer, "new", 2)
            #expect(!writer.keep(2, at: 0))
            try writer.data([7, 8].span, at: 0)
            try writer.end()
            #expect(!writer.keep(1, at: 0))
            try writer.finish()
            #expect(try tree.read("old", limit: 9) == [1, 2, 9, 9, 5, 6])
            #expect(try tree.read("new", limit: 9) == [7, 8])
            #expect(try tree.info("old")?.mode == 0o444)
            #expect(writer.written == 4 && writer.kept == 4)
        }
    }

    @Test func `a file with other names, or longer than it is to be, is made anew`() throws {
        try withScratch { scratch in
            let outside = try scratch.make("outside")
            try makeFile(outside, "victim", [1, 2, 3], mode: 0o604)
            let tree = try scratch.make("tree")
            #expect(unsafe linkat(outside.raw, "victim", tree.raw, "shared", 0) == 0)
            try makeFile(tree, "long", [1, 2, 3, 4])
            let writer = try TreeWriter(below: tree, continuing: true)
            for path in ["long", "shared"] {
                try begin(writer, path, 3)
                #expect(!writer.keep(3, at: 0))
                try writer.data([4, 5, 6].span, at: 0)
                try writer.end()
            }
            try writer.finish()
            #expect(try outside.read("victim", limit: 9) == [1, 2, 3])
            let info = try #require(try outside.info("victim"))
            #expect(info.mode == 0o604 && info.links == 1)
            #expect(try tree.read("shared", limit: 9) == [4, 5, 6])
            #expect(try tree.read("long", limit: 9) == [4, 5, 6])
        }
    }

    @Test func `of a file whose names are all in the tree the first is kept as it stands`() throws {
        try withScratch { tree in
            let inner = try tree.make("b")
            try makeFile(inner, "file", [1, 2, 3])
            #expect(unsafe linkat(inner.raw, "file", inner.raw, "more", 0) == 0)
            #expect(unsafe linkat(inner.raw, "file", tree.raw, "a", 0) == 0)
            let inode = try #require(try tree.info("a")).inode
            try inner.chmod(0o555)
            let writer = try TreeWriter(below: tree, continuing: true)
            #expect(try inner.names() == [])
            try begin(writer, "a", 3)
            #expect(writer.keep(3, at: 0))
            try writer.end()
            try writer.begin(ArchiveEntry(path: "b", kind: .directory, permissions: 0o555))
            try writer.end()
            try writer.begin(
                ArchiveEntry(path: "b/file", kind: .hardLink(target: "a"), permissions: 0o444))
            try writer.end()
            try writer.finish()
            #expect(try inner.names() == ["file"])
            #expect(try inner.info("file")?.inode == inode)
            #expect(try inner.info().mode == 0o555)
            #expect(writer.written == 0)
        }
    }

    @Test func `what its owner may not read is made anew`() throws {
        try withScratch { tree in
            try makeFile(tree, "a", [1, 2, 3], mode: 0)
            try makeFile(tree.make("d"), "old", [1])
            try tree.open("d").chmod(0)
            let writer = try TreeWriter(below: tree, continuing: true)
            try begin(writer, "a", 3)
            #expect(!writer.keep(3, at: 0))
            try writer.data([1, 2, 3].span, at: 0)
            try writer.end()
            try writer.begin(ArchiveEntry(path: "d", kind: .directory, permissions: 0o755))
            try writer.end()
            let names = try tree.open("d").names()
            #expect(names.isEmpty)
            try writer.finish()
        }
    }

    @Test func `what is not of a continued tree is removed, whatever its name`() throws {
        try withScratch { scratch in
            let outside = try scratch.make("outside")
            try makeFile(outside, "victim", [1])
            let tree = try scratch.make("tree")
            let inner = try tree.make("inner")
            try makeFile(inner, "stray", [])
            try makeFile(tree, "x", [])
            let name: [CChar] = [-61, 0x28, 0]
            #expect(unsafe renameat(tree.raw, "x", inner.raw, name) == 0)
            try tree.replaceLink("out", target: "../outside")
            try tree.make("full").replaceLink("out", target: "../../outside")
            #expect(unsafe mkfifoat(tree.raw, "pipe", 0) == 0)
            let writer = try TreeWriter(below: tree, continuing: true)
            try writer.begin(ArchiveEntry(path: "inner", kind: .directory, permissions: 0o555))
            try writer.end()
            try writer.finish()
            #expect(try tree.names() == ["inner"])
            #expect(try inner.names() == [])
            #expect(try tree.info("inner")?.mode == 0o555)
            #expect(try outside.names() == ["victim"])
        }
    }
}

@Suite struct TreeFilesTests {
    @Test func `ranges of more files than are kept open are read right, in any order`() throws {
        try withScratch { tree in
            for number in UInt8(0)..<20 {
                let directory = try tree.openOrMake("d\(number % 3)")
                try makeFile(directory, "f\(number)", [number, number &+ 1, number &+ 2])
            }
            let files = try TreeFiles(tree)
            var random = SeededGenerator(seed: 4)
            var buffer: [UInt8] = [0, 0, 77]
            for _ in 0..<200 {
                let number = UInt8.random(in: 0..<20, using: &random)
                let path = "d\(number % 3)/f\(number)"
                #expect(files.read(path, at: 1, count: 2, into: &buffer))
                #expect(buffer == [number &+ 1, number &+ 2, 77])
                #expect(!files.read(path, at: 2, count: 2, into: &buffer))
            }
            #expect(!files.read("d0/f1", at: 0, count: 1, into: &buffer))
        }
    }
}

/// Ends the reading after some entries.
private final class Stopping: EntryReceiver {
    private let writer: TreeWriter
    private var left: Int

    init(_ writer: TreeWriter, after count: Int) {
        self.writer = writer
        left = count
    }

    func begin(_ entry: ArchiveEntry) throws(Fault) {
        guard left > 0 else { throw Fault(.cancelled, "The receiver of the test has enough.") }
        left -= 1
        try writer.begin(entry)
    }

    func data(_ bytes: Span<UInt8>, at offset: Int64) throws(Fault) {
        try writer.data(bytes, at: offset)
    }

    func end() throws(Fault) { try writer.end() }
}
