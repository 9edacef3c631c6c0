import DurableFiles
import Faults
import Glibc
import TestKit
import Testing

@Suite struct DirectoryTests {
    @Test(arguments: [".", "..", "", "a/b"])
    func `replacing what is no name leaves nothing behind`(name: String) throws {
        try withScratch { directory in
            #expect(throws: Fault.self) { try directory.replace(name, with: [1]) }
            #expect(throws: Fault.self) { try directory.replaceLink(name, target: "x") }
            let names = try directory.names()
            #expect(names.isEmpty)
        }
    }

    @Test func `replacing leaves the new bytes and no remainder`() throws {
        try withScratch { scratch in
            try scratch.replace("record", with: [1, 2, 3])
            try scratch.replace("record", with: [4])
            #expect(try scratch.read("record", limit: 10) == [4])
            #expect(try scratch.names() == ["record"])
        }
    }

    @Test func `a replacement that fails leaves no remainder`() throws {
        try withScratch { scratch in
            _ = try scratch.make("taken")
            #expect(throws: Fault.self) { try scratch.replace("taken", with: [1]) }
            #expect(try scratch.names() == ["taken"])
        }
    }

    @Test func `a remainder of an earlier crash does not stop a replacement`() throws {
        try withScratch { scratch in
            _ = try scratch.create(".record.new")
            try scratch.replace("record", with: [7])
            #expect(try scratch.read("record", limit: 10) == [7])
            #expect(unsafe symlinkat("nowhere", scratch.raw, ".current.new") == 0)
            try scratch.replaceLink("current", target: "slots/a")
            try scratch.replaceLink("current", target: "slots/b")
            #expect(try scratch.linkTarget("current") == "slots/b")
        }
    }

    @Test(arguments: ["", ".", "..", "a/b", "/etc", "a\0b", String(repeating: "x", count: 256)])
    func `a name that is not one component is refused`(name: String) throws {
        try withScratch { scratch in
            #expect(throws: Fault.self) { _ = try scratch.create(name) }
            #expect(throws: Fault.self) { try scratch.read(name, limit: 1) }
            #expect(throws: Fault.self) { try scratch.removeTree(name) }
        }
    }

    @Test func `links are never followed below a directory`() throws {
        try withScratch { scratch in
            try scratch.replaceLink("out", target: "/etc")
            try scratch.replaceLink("passwd", target: "/etc/passwd")
            #expect(throws: Fault.self) { _ = try scratch.open("out") }
            #expect(throws: Fault.self) { try scratch.read("passwd", limit: 1 << 20) }
            #expect(throws: Fault.self) { _ = try scratch.create("passwd") }
            try scratch.removeTree("out")
            #expect(try scratch.names() == ["passwd"])
        }
    }

    @Test func `a file over its limit and a pipe in a file's place are refused`() throws {
        try withScratch { scratch in
            try scratch.replace("big", with: [UInt8](repeating: 0, count: 11))
            #expect(throws: Fault.self) { try scratch.read("big", limit: 10) }
            #expect(unsafe mkfifoat(scratch.raw, "pipe", 0o600) == 0)
            #expect(throws: Fault.self) { try scratch.read("pipe", limit: 10) }
            #expect(try scratch.read("absent", limit: 10) == nil)
        }
    }

    @Test func `a tree is removed with unreadable directories and links in it`() throws {
        try withScratch { scratch in
            let tree = try scratch.make("tree")
            let inner = try tree.make("inner")
            try inner.replace("file", with: [1])
            try inner.replaceLink("link", target: "../../..")
            #expect(unsafe fchmodat(tree.raw, "inner", 0o000, 0) == 0)
            try scratch.removeTree("tree")
            #expect(try scratch.names() == [])
        }
    }

    @Test func `a name that is not UTF-8 is refused in a list, and removed with its tree`() throws {
        try withScratch { scratch in
            let tree = try scratch.make("tree")
            let name: [CChar] = [0x61, -1, 0x62, 0]
            #expect(unsafe mkdirat(tree.raw, name, 0o700) == 0)
            #expect(throws: Fault.self) { try tree.names() }
            try scratch.removeTree("tree")
            #expect(try scratch.names() == [])
        }
    }

    @Test func `a lock is held once, says by whom, and goes with its owner`() throws {
        try withScratch { scratch in
            do {
                let lock = try FileLock.take("filling.lock", in: scratch, holder: "nacelle install")
                let refusal = #expect(throws: Fault.self) {
                    _ = try FileLock.take("filling.lock", in: scratch, holder: "second")
                }
                #expect(refusal?.code == .busy)
                #expect(refusal?.message.contains("pid \(getpid()), nacelle install") == true)
                #expect(FileLock.holder("filling.lock", in: scratch) != nil)
                _ = consume lock
            }
            #expect(FileLock.holder("filling.lock", in: scratch) == nil)
            _ = try FileLock.take("filling.lock", in: scratch, holder: "third")
        }
    }

    @Test func `a pipe in a lock's place hangs nobody`() throws {
        try withScratch { scratch in
            #expect(unsafe mkfifoat(scratch.raw, "filling.lock", 0o600) == 0)
            let holder = FileLock.holder("filling.lock", in: scratch)
            #expect(holder == nil)
            _ = try FileLock.take("filling.lock", in: scratch, holder: "test")
        }
    }

    @Test(arguments: ["directory", "link"])
    func `what is no file does not stand in a lock's way`(kind: String) throws {
        try withScratch { scratch in
            if kind == "link" {
                #expect(unsafe symlinkat("/etc/passwd", scratch.raw, "filling.lock") == 0)
            } else {
                #expect(unsafe mkdirat(scratch.raw, "filling.lock", 0o700) == 0)
            }
            let lock = try FileLock.take("filling.lock", in: scratch, holder: "test")
            #expect(FileLock.holder("filling.lock", in: scratch) != nil)
            try #expect(scratch.names().sorted() == ["filling.lock", "filling.lock.damaged"])
            _ = consume lock
        }
    }

    @Test func `a synced file is seen to leave the page cache`() throws {
        try withScratch { scratch in
            try scratch.replace("data", with: [UInt8](repeating: 5, count: 100_000))
            guard let file = try scratch.openFile("data") else { throw Fault(.notFound, "data") }
            #expect(try file.dropCache(length: 100_000, "data"))
        }
    }
}
