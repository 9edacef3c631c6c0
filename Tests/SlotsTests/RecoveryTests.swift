import DurableFiles
import Faults
import Testing

@testable import Slots

@Suite struct RecoveryTests {
    @Test func `a store at rest needs nothing`() throws {
        let snapshot = StoreSnapshot(
            current: .a, a: .record(try Fixture.record(.good, 1)),
            b: .record(try Fixture.record(.bad, 2, fallback: .a)))
        #expect(Recovery.steps(for: snapshot, floor: 2) == [])
    }

    @Test func `bad with the link on it finishes the fallback`() throws {
        try Fixture.withStore(b: .ready) { store in
            _ = try store.swap(in: .b, "test")
            try store.write(Fixture.record(.bad, 2, fallback: .a), of: .b)
            try same(store.recover("test").lines.count, 1)
            try same(store.snapshot().current, .a)
            try same(store.recover("test"), Mended())
        }
    }

    @Test func `trial with the link elsewhere is ready again`() throws {
        try Fixture.withStore(b: .trial) { store in
            try same(store.recover("test").lines.count, 1)
            try same(store.snapshot().record(.b)?.state, .ready)
            try same(store.snapshot().current, .a)
        }
    }

    @Test func `of one release good in both slots the one that does not run is given up`() throws {
        try Fixture.withStore(b: .ready) { store in
            try store.write(Fixture.record(.good, 1), of: .b)
            try store.setCurrent(.b)
            _ = try store.recover("test")
            try same(store.snapshot().record(.a)?.whole, false)
            try same(store.snapshot().running?.state, .good)
            try same(store.recover("test"), Mended())
        }
    }

    @Test func `a directory where a file of the store belongs is set aside`() throws {
        try Fixture.withStore(b: .ready) { store in
            _ = try store.recover("test")
            for name in ["floor.json", "denied.json", "application"] {
                try store.state.remove(name)
                _ = try store.state.make(name)
            }
            try store.removeRecord(of: .b)
            _ = try store.records.make("b.json")
            try store.write(Fixture.record(.ready, 2), of: .b)
            try store.bind(to: "bearing")
            _ = try store.recover("test")
            try same(store.floor()?.identity, Fixture.identity(1))
            try same(store.snapshot().record(.b)?.state, .ready)
            try same(store.records.info(".b.json.aside")?.kind, .directory)
        }
    }

    @Test func `a floor that was lost is rebuilt from the records`() throws {
        try Fixture.withStore(b: .good) { store in
            _ = try store.recover("test")
            try same(store.floor()?.identity, Fixture.identity(2))
        }
    }

    @Test func `a link that names no slot stops what would overwrite, and says how to mend it`()
        throws
    {
        try Fixture.withStore(b: .good) { store in
            try store.root.replaceLink("current", target: "/somewhere/else")
            let refusal = #expect(throws: Fault.self) {
                try store.rollBack(allowDenied: true, reason: "x", "test")
            }
            #expect(refusal?.code == .storeDamaged)
            #expect(refusal?.advice.contains("ln -sfn slots/a") == true)
            #expect(throws: Fault.self) { try store.snapshot().checkLink(store: store.path) }
        }
    }

    @Test func `without a link a whole version is not what an install fills`() throws {
        let whole = StoreSnapshot(current: nil, a: .record(try Fixture.record(.good, 1)), b: .none)
        #expect(whole.spare == .b)
        #expect(StoreSnapshot(current: nil, a: .none, b: .none).spare == .a)
        let other = StoreSnapshot(current: nil, a: .none, b: .record(try Fixture.record(.good, 1)))
        #expect(other.spare == .a)
    }

    @Test func `no combination of link and records moves the link to a slot that is not whole`()
        throws
    {
        let states: [SlotRecord.State?] = [nil] + SlotRecord.State.allCases
        for current in [nil] + TreeName.allCases {
            for a in states {
                for b in states {
                    for fallback in [nil] + TreeName.allCases {
                        func reading(_ state: SlotRecord.State?, _ version: Int) throws
                            -> StoreSnapshot.Reading
                        {
                            guard let state else { return .none }
                            return .record(
                                try Fixture.record(state, version, fallback: fallback))
                        }
                        let snapshot = StoreSnapshot(
                            current: current, a: try reading(a, 1), b: try reading(b, 2),
                            factory: .record(try Fixture.record(.good, 3)))
                        for case .finishFallback(let from, let to) in Recovery.steps(
                            for: snapshot, floor: nil)
                        {
                            #expect(from == current && to != current)
                            #expect(snapshot.record(of: to)?.state == .good)
                            #expect(snapshot.record(of: to)?.whole == true)
                        }
                    }
                }
            }
        }
    }

    @Test(arguments: ["", "{", "{}", "{\"format\":2}", "\u{0}\u{0}", "[]"])
    func `a damaged record is reported and trusted for nothing`(text: String) throws {
        try Fixture.withStore(b: .good) { store in
            try store.records.replace("b.json", with: Array(text.utf8))
            guard case .damaged = try store.snapshot().b else {
                Issue.record("the record was read")
                return
            }
            #expect(throws: Fault.self) {
                try store.rollBack(allowDenied: true, reason: "x", "test")
            }
            try same(store.snapshot().current, .a)
        }
    }
}
