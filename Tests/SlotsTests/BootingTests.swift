import DurableFiles
import Faults
import StrictJSON
import Testing

@testable import Slots

/// What a boot does to a store on disk.
@Suite struct BootingTests {
    private static let now: Int64 = 2_000_000_000
    private static let day: Int64 = 86_400

    @discardableResult
    private func boot(
        _ store: borrowing Store, limit: Int = 2, now: Int64 = BootingTests.now
    ) -> BootReport {
        // A child that another test starts at this moment holds the lock until it executes its program.
        store.boot(limit: limit, now: now, patience: 3000, "test")
    }

    private func makeFactory(_ store: borrowing Store, _ version: Int = 3) throws {
        try store.makeFactoryDraft().replace("program", with: [UInt8(ascii: "f")])
        try store.adoptFactory(Fixture.record(.good, version), "test")
    }

    /// Everything that a boot may change.
    private func state(_ store: borrowing Store) throws -> [String] {
        let snapshot = try store.snapshot()
        return [snapshot.named?.rawValue ?? snapshot.strangeLink ?? "none"]
            + TreeName.allCases.map { tree in
                guard let record = snapshot.record(of: tree) else { return "none" }
                return "\(record.state) \(record.attempts) \(record.fallback?.rawValue ?? "")"
            }
    }

    @Test func `a good version starts, and nothing is written`() throws {
        try Fixture.withStore(b: .bad) { store in
            store.keepReserve()
            boot(store)
            let before = try store.root.info()
            let record = try store.records.info("a.json")?.inode
            let report = boot(store)
            #expect(report.outcome == .started && report.tree == .a && report.canStart)
            #expect(report.alarms == [] && report.notes == [])
            try same(store.root.info().inode, before.inode)
            try same(store.records.info("a.json")?.inode, record)
        }
    }

    @Test func `what stood ready when the link was lost is in trial from its first start`()
        throws
    {
        try Fixture.withStore(b: .ready) { store in
            // As an interrupted first install leaves it: proved, never swapped in, and alone.
            try store.root.remove("current")
            try store.removeRecord(of: .a)
            try store.slots.removeTree("a")
            let first = boot(store)
            #expect(first.outcome == .moved && first.tree == .b && first.canStart)
            try same(store.snapshot().running?.state, .trial)
            try same(store.snapshot().running?.attempts, 1)
            let second = boot(store)
            #expect(second.outcome == .counted && second.attempts == 2)
            // There is nothing to go back to: it starts all the same, and that is shouted.
            let third = boot(store)
            #expect(third.outcome == .failedAndStays && third.canStart && !third.alarms.isEmpty)
        }
    }

    @Test func `a running version that is called ready is counted as a trial`() throws {
        try Fixture.withStore(b: .ready) { store in
            try store.setCurrent(.b)
            let report = boot(store)
            #expect(report.outcome == .counted && report.attempts == 1)
            let record = try store.snapshot().running
            #expect(record?.state == .trial && record?.fallback == .a)
        }
    }

    @Test func `the third boot of a version that never gets healthy runs the old one`() throws {
        try Fixture.withStore(b: .ready) { store in
            _ = try store.swap(in: .b, "test")
            for attempt in 1...2 {
                let report = boot(store)
                #expect(report.outcome == .counted && report.attempts == attempt)
                #expect(report.tree == .b && report.alarms == [])
                try same(store.snapshot().running?.attempts, attempt)
            }
            let report = boot(store)
            #expect(report.outcome == .fellBack && report.tree == .a)
            #expect(report.running == (try Fixture.identity(1)))
            #expect(report.alarms.count == 1)
            try same(store.snapshot().record(.b)?.state, .bad)
            try same(store.snapshot().record(.b)?.reason.isEmpty, false)
            // No evidence, no denial; but not before a day.
            try same(store.denials(), [])
            let version = try Fixture.identity(2)
            same(store.mayRetry(version, now: BootingTests.now), false)
            same(store.mayRetry(version, now: BootingTests.now + BootingTests.day - 1), false)
            same(store.mayRetry(version, now: BootingTests.now + BootingTests.day), true)
            try same(store.mayRetry(Fixture.identity(1), now: BootingTests.now), true)
            let next = boot(store)
            #expect(next.outcome == .started && next.tree == .a && next.alarms == [])
        }
    }

    @Test func `left by its boots a second time, a version is denied`() throws {
        try Fixture.withStore(b: .ready) { store in
            for round in 0..<2 {
                _ = try store.swap(in: .b, "test")
                for _ in 1...3 { boot(store, now: BootingTests.now + Int64(round) * 100_000) }
                try same(store.snapshot().current, .a)
                try store.write(Fixture.record(.ready, 2), of: .b)
            }
            same(store.leftVersions().map(\.times), [2])
            try same(store.denials().map(\.identity), [Fixture.identity(2)])
            try same(store.mayRetry(Fixture.identity(2), now: BootingTests.now * 2), false)
        }
    }

    @Test func `healthy once in a boot, the boots before it count no more`() throws {
        try Fixture.withStore(b: .ready) { store in
            _ = try store.swap(in: .b, "test")
            for _ in 0..<5 {
                let report = boot(store)
                #expect(report.attempts == 1 && report.outcome == .counted)
                try store.resetAttempts(of: .b, "test")
                try same(store.snapshot().running?.attempts, 0)
            }
            // Another slot's, or a version that is not in trial, is left alone.
            try store.resetAttempts(of: .a, "test")
            try same(store.snapshot().record(.a)?.state, .good)
        }
    }

    @Test func `a version that becomes good is not held to earlier boots`() throws {
        try Fixture.withStore(b: .ready) { store in
            _ = try store.swap(in: .b, "test")
            for _ in 1...3 { boot(store) }
            try store.write(Fixture.record(.ready, 2), of: .b)
            _ = try store.swap(in: .b, "test")
            boot(store)
            try store.confirm(.b, probation: nil, "test")
            same(store.leftVersions(), [])
        }
    }

    @Test(arguments: 1...4)
    func `cut short after any step, a fall back is finished and counted once`(step: Int) throws {
        try Fixture.withStore(b: .ready) { store in
            _ = try store.swap(in: .b, "test")
            for _ in 1...2 { boot(store) }
            // The steps in their order, as `leave` takes them.
            let identity = try Fixture.identity(2)
            if step >= 1 { _ = try store.noteLeft(identity, at: BootingTests.now) }
            if step >= 2 {
                var record = try #require(try store.snapshot().record(.b))
                record.state = .bad
                record.reason = "its boots"
                record.fallback = .a
                try store.write(record, of: .b)
            }
            if step >= 3 { try store.setCurrent(.a) }
            boot(store)
            try same(store.snapshot().current, .a)
            try same(store.snapshot().record(.b)?.state, .bad)
            same(store.leftVersions().map(\.times), [1])
            try same(store.denials(), [])
            let rest = try state(store)
            boot(store)
            try same(state(store), rest)
        }
    }

    @Test func `nothing to fall back to: the version stays, marked bad, and that is said`() throws {
        try Fixture.withStore(b: nil) { store in
            try store.write(Fixture.record(.trial, 1), of: .a)
            for _ in 1...2 { #expect(boot(store).outcome == .counted) }
            let report = boot(store)
            #expect(report.outcome == .failedAndStays && report.tree == .a && report.canStart)
            #expect(report.alarms.count == 1)
            let again = boot(store)
            #expect(again.outcome == .started && again.alarms.count == 1)
        }
    }

    @Test func `both bad, the factory tree runs, and either slot may be filled from there`() throws
    {
        try Fixture.withStore(b: .bad) { store in
            try makeFactory(store)
            try store.write(Fixture.record(.bad, 1), of: .a)
            let report = boot(store)
            #expect(report.outcome == .moved && report.tree == .factory && report.canStart)
            #expect(report.running == (try Fixture.identity(3)))
            try same(store.root.linkTarget("current"), "slots/factory")
            let snapshot = try store.snapshot()
            #expect(snapshot.current == nil && snapshot.named == .factory)
            #expect(snapshot.running?.state == .good)
            #expect(boot(store).outcome == .started)
            // A new version is tried, fails, and the factory tree runs again.
            try store.write(Fixture.record(.ready, 4), of: snapshot.spare)
            _ = try store.swap(in: snapshot.spare, "test")
            try same(store.snapshot().running?.fallback, .factory)
            for _ in 1...3 { boot(store) }
            try same(store.snapshot().named, .factory)
        }
    }

    @Test func `a swap that was cut short before the link is ready again`() throws {
        try Fixture.withStore(b: .trial) { store in
            let report = boot(store)
            #expect(report.outcome == .started && report.tree == .a && report.notes.count == 1)
            try same(store.snapshot().record(.b)?.state, .ready)
        }
    }

    @Test func `a fallback whose directory is gone is not fallen back to`() throws {
        try Fixture.withStore(b: .ready) { store in
            _ = try store.swap(in: .b, "test")
            try store.write(Fixture.record(.bad, 2, fallback: .a), of: .b)
            try store.slots.removeTree("a")
            let report = boot(store)
            #expect(report.tree == .b && report.canStart)
            try same(store.snapshot().current, .b)
        }
    }

    @Test(arguments: ["missing", "strange", "file", "directory"])
    func `a link that is lost or replaced is made anew`(what: String) throws {
        try Fixture.withStore(b: .bad) { store in
            try store.root.remove("current")
            switch what {
            case "strange": try store.root.replaceLink("current", target: "/elsewhere")
            case "file": try store.root.replace("current", with: [1])
            case "directory": _ = try store.root.make("current")
            default: break
            }
            let report = boot(store)
            #expect(report.outcome == .moved && report.tree == .a, "\(report)")
            try same(store.root.linkTarget("current"), "slots/a")
            #expect(report.alarms.count == 1)
        }
    }

    @Test func `the slot that ran is gone: the other one runs`() throws {
        try Fixture.withStore(b: .ready) { store in
            _ = try store.swap(in: .b, "test")
            try store.confirm(.b, probation: nil, "test")
            for loss in 0..<2 {
                if loss == 0 {
                    // Emptied by a file system check: as good as gone.
                    try store.slots.removeTree("b")
                    _ = try store.slots.make("b")
                } else {
                    try store.slots.removeTree("b")
                    try store.setCurrent(.b)
                }
                let report = boot(store)
                #expect(report.outcome == .moved && report.tree == .a)
            }
        }
    }

    @Test func `nothing is left that could start, and that is said without an end`() throws {
        try Fixture.withStore(b: nil) { store in
            try store.slots.removeTree("a")
            let report = boot(store)
            #expect(report.outcome == .nothingToStart && !report.canStart && report.tree == nil)
            #expect(report.alarms.count == 1)
            try same(store.root.linkTarget("current"), "slots/a")
        }
    }

    @Test func `somebody who hangs in the lock does not keep the machine from booting`() throws {
        try Fixture.withStore(b: .ready) { store in
            _ = try store.swap(in: .b, "test")
            let lock = try store.lockSwitch("a hung command")
            let report = store.boot(limit: 2, now: BootingTests.now, patience: 60, "test")
            #expect(report.outcome == .asItWas && report.tree == .b && report.canStart)
            #expect(report.alarms.first?.contains("a hung command") == true)
            try same(store.snapshot().running?.attempts, 0)
            _ = consume lock
        }
    }

    @Test(arguments: ["", "{", "{\"format\":2}", "{\"format\":1,\"left\":[{}]}", "[]", "\u{0}"])
    func `damaged JSON anywhere keeps no machine from falling back`(text: String) throws {
        try Fixture.withStore(b: .ready) { store in
            _ = try store.swap(in: .b, "test")
            for _ in 1...2 { boot(store) }
            for name in ["boots.json", "denied.json", "floor.json"] {
                try store.state.replace(name, with: Array(text.utf8))
            }
            same(store.leftVersions(), [])
            let report = boot(store)
            #expect(report.outcome == .fellBack && report.tree == .a)
            same(store.leftVersions().map(\.times), [1])
        }
    }

    @Test func `boots.json cut short at any byte counts as none`() throws {
        try Fixture.withStore(b: nil) { store in
            _ = try store.noteLeft(Fixture.identity(2), at: 5)
            let bytes = try #require(try store.state.read("boots.json", limit: 1 << 20))
            for count in 0..<bytes.count - 1 {
                try store.state.replace("boots.json", with: Array(bytes[..<count]))
                same(store.leftVersions(), [])
            }
        }
    }

    @Test(arguments: ["", "{", "[]", "{\"format\":1}"])
    func `a running version with an unreadable record is left for a good one`(text: String) throws {
        try Fixture.withStore(b: .ready) { store in
            _ = try store.swap(in: .b, "test")
            try store.records.replace("b.json", with: Array(text.utf8))
            let report = boot(store)
            #expect(report.outcome == .moved && report.tree == .a)
            // Without one, it starts.
            try store.setCurrent(.b)
            try store.records.replace("a.json", with: Array(text.utf8))
            let last = boot(store)
            #expect(last.outcome == .started && last.tree == .b)
        }
    }
}
