import DurableFiles
import Faults
import Testing

@testable import Slots

@Suite struct FactoryTreeTests {
    private func keep(_ store: borrowing Store, _ version: Int = 1) throws {
        try store.makeFactoryDraft().replace("program", with: [UInt8(version)])
        try store.adoptFactory(Fixture.record(.good, version), "test")
    }

    @Test func `a kept tree has a record, and nobody makes a name in it`() throws {
        try Fixture.withStore(b: .good) { store in
            try keep(store)
            let record = try store.snapshot().record(of: .factory)
            #expect(record?.state == .good && record?.fallback == nil)
            try same(store.openTree(.factory)?.info().mode, 0o555)
            try same(store.slots.names(), ["a", "b", "factory"])
        }
    }

    @Test func `it is replaced whole, and what a crash left is cleared`() throws {
        try Fixture.withStore(b: .good) { store in
            try keep(store, 1)
            try store.makeFactoryDraft().replace("half", with: [1])
            try keep(store, 2)
            try same(store.snapshot().record(of: .factory)?.identity, Fixture.identity(2))
            try same(store.openTree(.factory)?.read("program", limit: 9), [2])
            try same(store.slots.names(), ["a", "b", "factory"])
        }
    }

    @Test func `cut short between taking the old one away and the new one, there is none`() throws {
        try Fixture.withStore(b: .good) { store in
            try keep(store)
            try store.records.remove("factory.json")
            try store.slots.rename("factory", to: ".factory.old")
            let snapshot = try store.snapshot()
            #expect(!snapshot.isFallback(tree: .factory))
            try keep(store, 2)
            try same(store.slots.names(), ["a", "b", "factory"])
        }
    }

    @Test func `only a version that is good is kept`() throws {
        try Fixture.withStore(b: .ready) { store in
            try same(store.keepable().slot, .a)
            _ = try store.swap(in: .b, "test")
            #expect(throws: Fault.self) { _ = try store.keepable() }
            try keep(store)
            try store.setCurrent(.factory)
            let refusal = #expect(throws: Fault.self) { _ = try store.keepable() }
            #expect(refusal?.code == .slotInUse)
        }
    }

    @Test func `it is not removed while it runs or a trial falls back to it`() throws {
        try Fixture.withStore(b: .ready) { store in
            try keep(store)
            try store.setCurrent(.factory)
            let running = #expect(throws: Fault.self) { _ = try store.removeFactory("test") }
            #expect(running?.code == .slotInUse)
            #expect(throws: Fault.self) { try store.adoptFactory(Fixture.record(.good, 2), "test") }
            _ = try store.swap(in: .b, "test")
            try same(store.snapshot().running?.fallback, .factory)
            let fallback = #expect(throws: Fault.self) { _ = try store.removeFactory("test") }
            #expect(fallback?.code == .slotInUse)
            try store.confirm(.b, probation: nil, "test")
            try same(store.removeFactory("test"), Fixture.identity(1))
            try same(store.slots.names(), ["a", "b"])
            try same(store.snapshot().record(of: .factory), nil)
            let none = #expect(throws: Fault.self) { _ = try store.removeFactory("test") }
            #expect(none?.code == .notFound)
        }
    }

    @Test func `a failed trial without another fallback falls back to it`() throws {
        try Fixture.withStore(b: nil) { store in
            try store.write(Fixture.record(.trial, 2), of: .a)
            try keep(store)
            let result = try store.fallBack(
                from: .a, reason: "unhealthy", denying: true, probation: nil, "test")
            #expect(result?.to == .factory)
            try same(store.snapshot().named, .factory)
            try same(store.recover("test"), Mended())
        }
    }

    @Test(arguments: [nil, SlotRecord.State.filling, .filled])
    func `a rollback goes to it only where no slot is whole`(state: SlotRecord.State?) throws {
        try Fixture.withStore(b: state) { store in
            try keep(store, 3)
            let result = try store.rollBack(allowDenied: false, reason: "asked for", "test")
            #expect(result.to == .factory && result.from == .a && result.deniesLeft)
            try same(store.denials().map(\.identity), [Fixture.identity(1)])
        }
        try Fixture.withStore(b: .bad) { store in
            try keep(store, 3)
            // A whole one that was left is an operator's choice, not passed over.
            let refusal = #expect(throws: Fault.self) {
                try store.rollBack(allowDenied: false, reason: "asked for", "test")
            }
            #expect(refusal?.code == .denied)
        }
        try Fixture.withStore(b: .good) { store in
            try keep(store, 3)
            try same(store.rollBack(allowDenied: false, reason: "x", "test").to, .b)
        }
    }

    @Test func `a rollback to the same version from there denies nothing`() throws {
        try Fixture.withStore(b: nil) { store in
            try keep(store, 1)
            let result = try store.rollBack(allowDenied: false, reason: "the slot is bad", "test")
            #expect(result.to == .factory && !result.deniesLeft)
            try same(store.denials(), [])
        }
    }

    @Test func `from the factory tree a rollback goes to the better slot and leaves it unmarked`()
        throws
    {
        try Fixture.withStore(b: .good) { store in
            try keep(store, 3)
            try store.setCurrent(.factory)
            let result = try store.rollBack(allowDenied: false, reason: "asked for", "test")
            #expect(result.from == .factory && result.to == .b && !result.deniesLeft)
            try same(store.snapshot().record(of: .factory)?.state, .good)
            try same(store.denials(), [])
        }
    }

    @Test func `from the factory tree the slot with the least to lose is filled`() throws {
        func spare(_ a: SlotRecord.State?, _ b: SlotRecord.State?) throws -> SlotName {
            StoreSnapshot(
                current: .factory, a: try a.map { .record(try Fixture.record($0, 1)) } ?? .none,
                b: try b.map { .record(try Fixture.record($0, 2)) } ?? .none,
                factory: .record(try Fixture.record(.good, 3))
            ).spare
        }
        #expect(try spare(nil, nil) == .a)
        #expect(try spare(.bad, nil) == .b)
        #expect(try spare(nil, .filling) == .b)
        #expect(try spare(.good, .bad) == .b)
        #expect(try spare(.bad, .good) == .a)
    }
}
