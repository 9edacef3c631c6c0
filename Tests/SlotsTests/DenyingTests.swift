import DurableFiles
import Faults
import Sealing
import Testing

@testable import Slots

@Suite struct DenyingTests {
    @Test func `a version is named by version, release counter or the beginning of its tree`()
        throws
    {
        try Fixture.withStore(b: .good) { store in
            let identity = try Fixture.identity(2)
            for text in ["1.2.0", "2", String(identity.tree.hex.prefix(6))] {
                let change = try store.deny(named: text, reason: "noisy", "test")
                #expect(change.version.identity == identity && change.isNew)
                #expect(change.runsIn == nil && change.withdrawn == [])
                try same(store.denials().map(\.identity), [identity])
                try same(store.deny(named: text, reason: "again", "test").isNew, false)
                try same(store.allow(named: text, "test").isNew, true)
                try same(store.denials(), [])
                try same(store.allow(named: text, "test").isNew, false)
            }
        }
    }

    @Test func `a name of several versions is refused with the list, an unknown one too`() throws {
        try Fixture.withStore(b: .good) { store in
            var twin = try Fixture.record(.good, 2)
            twin.identity.version = "1.1.0"
            try store.write(twin, of: .b)
            let refusal = #expect(throws: Fault.self) {
                _ = try store.deny(named: "1.1.0", reason: "x", "test")
            }
            #expect(refusal?.code == .notFound)
            #expect(refusal?.message.contains("2 versions") == true)
            let tree = try Fixture.identity(1).tree.short
            #expect(refusal?.message.contains(tree) == true)
            for text in ["9.9.9", "", "abc", "123"] {
                #expect(throws: Fault.self) {
                    _ = try store.deny(named: text, reason: "x", "test")
                }
                #expect(throws: Fault.self) { _ = try store.allow(named: text, "test") }
            }
            try same(store.denials(), [])
        }
    }

    @Test func `what runs goes on, and that is said`() throws {
        try Fixture.withStore(b: nil) { store in
            let change = try store.deny(named: "1.1.0", reason: "noisy", "test")
            #expect(change.runsIn == .a)
            try same(store.snapshot().running?.state, .good)
        }
    }

    @Test func `what waits to be swapped in is not swapped in any more`() throws {
        try Fixture.withStore(b: .ready) { store in
            try same(store.deny(named: "1.2.0", reason: "noisy", "test").withdrawn, [.b])
            try same(store.snapshot().record(.b)?.state, .bad)
            #expect(throws: Fault.self) { _ = try store.swap(in: .b, "test") }
        }
    }

    @Test func `an install of that version is asked to stop, another's is not`() throws {
        try Fixture.withStore(b: .filling) { store in
            let filling = try store.lockFilling("an install")
            try same(store.deny(named: "1.1.0", reason: "x", "test").stopped, nil)
            try same(store.cancelRequest(), nil)
            let change = try store.deny(named: "1.2.0", reason: "x", "test")
            #expect(change.stopped?.contains("an install") == true)
            try same(store.cancelRequest() != nil, true)
            _ = consume filling
        }
    }

    @Test func `a version that stands in the history alone can be denied`() throws {
        try Fixture.withStore(b: nil) { store in
            store.note("good", slot: .b, identity: try Fixture.identity(7))
            let change = try store.deny(named: "7", reason: "x", "test")
            #expect(change.version.identity == (try Fixture.identity(7)))
        }
    }

    @Test(arguments: [[], [1], Array("{\"denied\":[]".utf8), [UInt8](repeating: 0, count: 80), nil])
    func `a list that was damaged or removed is taken from its copy, and mended`(
        bytes: [UInt8]?
    ) throws {
        try Fixture.withStore(b: .good) { store in
            _ = try store.deny(named: "1.2.0", reason: "x", "test")
            let before = try store.denials()
            #expect(before.count == 1)
            if let bytes {
                try store.state.replace("denied.json", with: bytes)
            } else {
                try store.state.remove("denied.json")
            }
            try same(store.denials(), before)
            try same(store.recover("test").lines.count, 1)
            try store.state.remove("denied.copy.json")
            try same(store.denials(), before)
            // A copy that is gone or stale is made anew, and nothing is said.
            try same(store.recover("test").lines, [])
            try store.state.remove("denied.json")
            try same(store.denials(), before)
        }
    }

    @Test func `the application is the running version's, whatever its file says`() throws {
        try Fixture.withStore(b: nil) { store in
            let application = try #require(try store.snapshot().running?.identity.application)
            for bytes: [UInt8] in [[], [0, 0, 0], [UInt8](repeating: 0x61, count: 5000)] {
                try store.state.replace("application", with: bytes)
                try same(store.application(), application)
            }
        }
    }

    @Test func `allowing forgets failed boots too, and never clears a damaged list`() throws {
        try Fixture.withStore(b: .good) { store in
            _ = try store.noteLeft(Fixture.identity(2), at: 5)
            try same(store.allow(named: "1.2.0", "test").isNew, true)
            same(store.leftVersions(), [])
            for name in ["denied.json", "denied.copy.json"] {
                try store.state.replace(name, with: [1])
            }
            let refusal = #expect(throws: Fault.self) {
                _ = try store.allow(named: "1.2.0", "test")
            }
            #expect(refusal?.code == .storeDamaged)
        }
    }
}
