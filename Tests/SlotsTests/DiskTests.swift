import DurableFiles
import Faults
import Glibc
import TestKit
import Testing

@testable import Slots

/// What a store does on a disk that is full, or read-only; the disk is a small file, as root alone
/// can mount.
@Suite(.serialized) struct DiskTests {
    private func withDisk(_ body: (String) throws -> Void) throws {
        try withScratch { scratch in
            let (image, disk) = (scratch.path + "/image", scratch.path + "/disk")
            try runTool("truncate", ["-s", "8M", image])
            try runTool("mkfs.ext4", ["-q", image])
            try runTool("mkdir", [disk])
            try runTool("mount", ["-o", "loop", image, disk])
            do {
                try body(disk)
            } catch {
                try runTool("umount", ["-l", disk])
                throw error
            }
            try runTool("umount", ["-l", disk])
        }
    }

    /// Writes until the disk takes nothing more, not even of the share that is kept for root.
    private func fill(_ directory: borrowing Directory) throws {
        let file = try directory.create("filler")
        for size in [64 << 10, 1] {
            let bytes = [UInt8](repeating: 1, count: size)
            let full = #expect(throws: Fault.self) {
                for _ in 0..<8192 { try file.write(bytes.span, "filler") }
            }
            #expect(full?.code == .noSpace)
        }
    }

    @Test func `on a full disk a request is left all the same, and what a fallback needs stays`()
        throws
    {
        try withDisk { disk in
            let store = try Store.openOrMake(path: disk + "/store", owner: nil)
            store.keepReserve()
            let requests = try store.requestsDirectory()
            try fill(Directory.open(path: disk))
            let refusal = #expect(throws: Fault.self) {
                try store.writeState("other", [1])
            }
            #expect(refusal?.code == .noSpace)
            try store.leaveRequest("update", Array("why\n".utf8))
            try store.leaveRequest("update", Array("again\n".utf8))
            let words = try requests.read("update", limit: RequestReserve.limit)
            #expect(words == Array("again\n".utf8))
            for name in ["reserve.0", "reserve.inode.0"] {
                let left = try store.state.info(name)
                #expect(left != nil, "\(name)")
            }
            // Taken up, it gives its block back to what is set aside.
            try requests.remove("update")
            try store.requestReserve().keep()
            let kept = try store.state.info("reserve.request")
            #expect(kept?.size == Int64(RequestReserve.limit))
        }
    }

    @Test func `a store on a read-only disk is opened, and its service can be locked`() throws {
        try withDisk { disk in
            do {
                let store = try Store.openOrMake(path: disk + "/store", owner: nil)
                _ = try store.requestsDirectory()
                _ = try store.lockService("an earlier service")
            }
            try runTool("mount", ["-o", "remount,ro", disk])
            let store = try Store.openOrMake(path: disk + "/store", owner: nil)
            _ = try store.requestsDirectory()
            let lock = try store.lockService("the service")
            let second = #expect(throws: Fault.self) { _ = try store.lockService("another") }
            #expect(second?.code == .busy)
            _ = consume lock
            let refusal = #expect(throws: Fault.self) { try store.writeState("other", [1]) }
            #expect(refusal?.code == .storage)
        }
    }
}
