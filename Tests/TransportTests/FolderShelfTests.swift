import DurableFiles
import Faults
import Install
import TestKit
import Testing

@testable import Transport

/// A bundle in a folder that is opened ahead, while that is still permitted.
@Suite struct FolderShelfTests {
    @Test func `what was opened ahead is read when the files may not be opened any more`() throws {
        try withScratch { scratch in
            for (name, byte) in [("a.nacelle", 1), ("2.root.json", 2), ("a.nacelle.deltas", 3)] {
                try scratch.replace(name, with: [UInt8(byte)])
            }
            let shelf = FolderShelf(path: scratch.path + "/a.nacelle")
            try shelf.hold()
            for name in try scratch.names() { try scratch.remove(name) }
            #expect(try shelf.bundle().read(at: 0, count: 1) == [1])
            #expect(try shelf.read("2.root.json", limit: 10) == [2])
            #expect(try shelf.open("a.nacelle.deltas").read(at: 0, count: 1) == [3])
            #expect(throws: Fault.self) { try shelf.read("2.root.json", limit: 0) }
            // What was not there then is not looked for, where it might not be permitted to.
            try scratch.replace("3.root.json", with: [4])
            #expect(try shelf.read("3.root.json", limit: 10) == nil)
        }
    }

    @Test func `a bundle that is not there is told at once`() throws {
        try withScratch { scratch in
            let shelf = FolderShelf(path: scratch.path + "/none.nacelle")
            #expect(throws: Fault.self) { try shelf.hold() }
        }
    }
}
