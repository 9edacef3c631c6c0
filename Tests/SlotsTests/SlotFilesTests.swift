import DurableFiles
import Faults
import Testing

@testable import Slots

@Suite struct SlotFilesTests {
    /// Writes an index of some bytes.
    private func write(_ store: borrowing Store, _ bytes: [UInt8], fails: Bool = false) throws {
        let answer: Int = try store.writeIndex(of: .b) { (file) throws(Fault) in
            try file.write(bytes.span, "index")
            if fails { throw Fault(.noSpace, "The test's disk is full.") }
            return bytes.count
        }
        #expect(answer == bytes.count)
    }

    private func index(_ store: borrowing Store) throws -> [UInt8]? {
        guard let file = try store.openIndex(of: .b) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 10)
        let count = try file.read(at: 0, into: &bytes, count: 10, "index")
        return Array(bytes[..<count])
    }

    @Test func `a slot's index is written whole or not at all`() throws {
        try Fixture.withStore(b: .good) { store in
            try same(index(store), nil)
            try write(store, [1, 2, 3])
            try same(index(store), [1, 2, 3])
            #expect(throws: Fault.self) { try write(store, [4], fails: true) }
            try same(index(store), [1, 2, 3])
            // The remainder of the failure is in nobody's way.
            try write(store, [5, 6])
            try same(index(store), [5, 6])
            try same(store.records.names().filter { $0.contains("index") }, ["b.index"])
            try same(store.records.info("b.index")?.mode, 0o600)
            let none = try store.openIndex(of: .a) == nil
            #expect(none)
        }
    }

    @Test func `what a filling leaves is kept until it is cleared, and then gone`() throws {
        try Fixture.withStore(b: .filling) { store in
            try store.journalDirectory().replace("about", with: [1])
            try same(store.journalDirectory().read("about", limit: 9), [1])
            try same(store.journalDirectory().info().mode, 0o700)
            for name in ["one", "two", "three"] {
                try store.indexDirectory().replace(name, with: [2])
            }
            try store.keepIndexes(of: ["two", "four"])
            try same(store.indexDirectory().names(), ["two"])
            try store.clearFilling()
            try same(store.journalDirectory().names(), [])
            try same(store.indexDirectory().names(), [])
            try store.clearFilling()
            try store.clearFilling()
            try same(store.state.info("filling")?.kind, nil)
        }
    }
}
