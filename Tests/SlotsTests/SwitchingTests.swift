import DurableFiles
import Faults
import StrictJSON
import Testing

@testable import Slots

@Suite struct SwitchingTests {
    @Test
    func `a swap records trial with what to fall back to, and a confirmation raises the floor`()
        throws
    {
        try Fixture.withStore(b: .ready) { store in
            let result = try store.swap(in: .b, "test")
            #expect(result.from == .a && result.to == .b)
            try same(store.snapshot().current, .b)
            try same(store.snapshot().running?.state, .trial)
            try same(store.snapshot().running?.fallback, .a)
            try same(store.floor(), nil)
            try store.confirm(.b, probation: nil, "test")
            try same(store.snapshot().running?.state, .good)
            try same(store.floor()?.identity.releaseCounter, 2)
        }
    }

    @Test func `a failed trial is denied and the old version runs`() throws {
        try Fixture.withStore(b: .ready) { store in
            _ = try store.swap(in: .b, "test")
            let result = try store.fallBack(
                from: .b, reason: "unhealthy", denying: true, probation: nil, "test")
            #expect(result?.to == .a)
            try same(store.snapshot().current, .a)
            try same(store.snapshot().record(.b)?.state, .bad)
            try same(store.denials().map(\.identity), [Fixture.identity(2)])
        }
    }

    /// Slot a runs a release whose tree was found altered, and slot b has the same one anew.
    private func withTwin(_ body: (borrowing Store) throws -> Void) throws {
        try Fixture.withStore(b: .ready) { store in
            try store.write(Fixture.record(.ready, 1), of: .b)
            _ = try store.swap(in: .b, "test")
            try body(store)
        }
    }

    @Test func `a release that fails beside itself is left and not denied: it runs on`() throws {
        try withTwin { store in
            let result = try store.fallBack(
                from: .b, reason: "unhealthy", denying: true, probation: nil, "test")
            #expect(result?.to == .a)
            try same(store.snapshot().running?.state, .good)
            try same(store.denials().count, 0)
        }
    }

    @Test func `an altered tree is nothing to go back to once its release is good beside it`()
        throws
    {
        try withTwin { store in
            try same(store.snapshot().isFallback(.a), true)
            try store.confirm(.b, probation: nil, "test")
            try same(store.snapshot().record(.a)?.whole, false)
            let refusal = #expect(throws: Fault.self) {
                try store.rollBack(allowDenied: true, reason: "asked for", "test")
            }
            #expect(refusal?.code == .nothingToRollBackTo)
            same(store.boot(limit: 2, now: 2_000_000_000, "test").tree, .b)
        }
    }

    @Test func `a first version that fails stays, marked bad`() throws {
        try Fixture.withStore(b: nil) { store in
            try store.write(Fixture.record(.trial, 1), of: .a)
            let result = try store.fallBack(
                from: .a, reason: "unhealthy", denying: true, probation: nil, "test")
            #expect(result == nil)
            try same(store.snapshot().current, .a)
            try same(store.snapshot().running?.state, .bad)
            try same(store.recover("test"), Mended())
        }
    }

    @Test func `a rollback denies what it leaves, and coming back needs an operator's word`() throws
    {
        try Fixture.withStore(b: .good) { store in
            try store.setCurrent(.b)
            let result = try store.rollBack(allowDenied: false, reason: "asked for", "test")
            #expect(result.left == (try Fixture.identity(2)))
            #expect(result.running == (try Fixture.identity(1)))
            let refusal = #expect(throws: Fault.self) {
                try store.rollBack(allowDenied: false, reason: "again", "test")
            }
            #expect(refusal?.code == .denied)
            try same(store.snapshot().current, .a)
            _ = try store.rollBack(allowDenied: true, reason: "again", "test")
            try same(store.snapshot().current, .b)
            try same(store.denials().map(\.identity), [Fixture.identity(1)])
        }
    }

    @Test(arguments: [nil, SlotRecord.State.filling, .filled, .ready])
    func `without a whole version that ran there is nothing to roll back to`(
        state: SlotRecord.State?
    ) throws {
        try Fixture.withStore(b: state) { store in
            let refusal = #expect(throws: Fault.self) {
                try store.rollBack(allowDenied: true, reason: "x", "test")
            }
            #expect(refusal?.code == .nothingToRollBackTo)
            try same(store.snapshot().running, Fixture.record(.good, 1).at(store, .a))
        }
    }

    @Test func `a rollback does not wait for a filler, and the filler then does not swap`() throws {
        try Fixture.withStore(b: .good) { store in
            try store.setCurrent(.b)
            let filling = try store.lockFilling("an install")
            _ = try store.rollBack(allowDenied: false, reason: "asked for", "test")
            try same(store.snapshot().current, .a)
            try store.write(Fixture.record(.ready, 3), of: .b)
            let refusal = #expect(throws: Fault.self) { try store.swap(in: .b, "an install") }
            #expect(refusal?.code == .cancelled)
            try same(store.snapshot().current, .a)
            _ = consume filling
        }
    }

    @Test func `a rollback finds an interrupted fall back, finishes it, and is content`() throws {
        try Fixture.withStore(b: .ready) { store in
            _ = try store.swap(in: .b, "test")
            try store.write(Fixture.record(.bad, 2, fallback: .a), of: .b)
            let result = try store.rollBack(allowDenied: false, reason: "asked for", "test")
            #expect(result.from == .b && result.to == .a)
            try same(store.snapshot().current, .a)
            try same(store.snapshot().record(.a)?.state, .good)
        }
    }

    @Test func `a floor that was lost is rebuilt also from a version that was rolled back`() throws
    {
        try Fixture.withStore(b: .ready) { store in
            _ = try store.swap(in: .b, "test")
            try store.confirm(.b, probation: .members([("passed", .bool(true))]), "test")
            _ = try store.rollBack(allowDenied: false, reason: "asked for", "test")
            try store.state.remove("floor.json")
            _ = try store.recover("test")
            try same(store.floor()?.identity, Fixture.identity(2))
        }
    }

    @Test func `a damaged list of denials does not keep a machine from falling back`() throws {
        try Fixture.withStore(b: .good) { store in
            try store.setCurrent(.b)
            try store.state.replace("denied.json", with: [0xFF])
            _ = try store.rollBack(allowDenied: false, reason: "asked for", "test")
            try same(store.denials().count, 1)
        }
    }

    @Test func `a trial whose fallback is empty goes to the factory tree, or stays`() throws {
        for isKept in [true, false] {
            try Fixture.withStore(b: .ready) { store in
                if isKept {
                    try store.makeFactoryDraft().replace("program", with: [1])
                    try store.adoptFactory(Fixture.record(.good, 1), "test")
                }
                _ = try store.swap(in: .b, "test")
                _ = try store.emptySlot(.a)
                let result = try store.fallBack(
                    from: .b, reason: "it crashed", denying: true, probation: nil, "test")
                try same(store.snapshot().named, isKept ? .factory : .b)
                #expect((result == nil) == !isKept)
            }
        }
    }

    @Test func `a file or link in a slot's place is no version, and is filled over`() throws {
        for isLink in [true, false] {
            try Fixture.withStore(b: .ready) { store in
                try store.slots.removeTree("b")
                if isLink {
                    try store.slots.replaceLink("b", target: "a")
                } else {
                    try store.slots.replace("b", with: [1])
                }
                #expect(throws: Fault.self) { _ = try store.swap(in: .b, "test") }
                try store.emptySlot(.b).replace("program", with: [1])
                try same(store.openTree(.a)?.read("program", limit: 9), [1])
                try same(store.slots.info("b")?.kind, .directory)
            }
        }
    }

    @Test func `what is empty is neither gone back to nor swapped in`() throws {
        try Fixture.withStore(b: .ready) { store in
            _ = try store.emptySlot(.b)
            #expect(throws: Fault.self) { _ = try store.swap(in: .b, "test") }
            let refusal = #expect(throws: Fault.self) {
                _ = try store.rollBack(allowDenied: true, reason: "asked for", "test")
            }
            #expect(refusal?.code == .nothingToRollBackTo)
            try same(store.snapshot().named, .a)
            try same(store.denials(), [])
        }
    }

    @Test func `a second filler is told who holds the lock`() throws {
        try Fixture.withStore(b: nil) { store in
            let lock = try store.lockFilling("nacelle install one.nacelle")
            let refusal = #expect(throws: Fault.self) { _ = try store.lockFilling("another") }
            #expect(refusal?.code == .busy)
            #expect(refusal?.message.contains("nacelle install one.nacelle") == true)
            _ = consume lock
        }
    }
}

extension SlotRecord {
    /// The record with the time at which the store wrote it.
    fileprivate func at(_ store: borrowing Store, _ slot: SlotName) throws -> SlotRecord {
        var record = self
        record.changed = try store.snapshot().record(slot)?.changed ?? 0
        return record
    }
}
