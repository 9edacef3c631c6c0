import Faults
import StrictJSON
import Testing

@testable import Slots

/// What a boot decides, over every combination of link, records and trees.
@Suite struct BootStepTests {
    /// What may stand in a slot.
    enum Content: CaseIterable {
        case nothing, gone, damaged, filling, ready, trial, spent, good, bad, wasGood
    }

    static func put(
        _ content: Content, _ tree: TreeName, _ version: Int, fallback: TreeName?,
        _ snapshot: inout StoreSnapshot, _ present: inout Set<TreeName>
    ) throws {
        var record: SlotRecord
        switch content {
        case .nothing: return
        case .damaged:
            snapshot.set(.damaged(Fault(.storeDamaged, "A test.")), of: tree)
            present.insert(tree)
            return
        case .gone:
            record = try Fixture.record(.good, version)
            record.whole = false
        case .filling: record = try Fixture.record(.filling, version)
        case .ready: record = try Fixture.record(.ready, version)
        case .trial: record = try Fixture.record(.trial, version, fallback: fallback)
        case .spent:
            record = try Fixture.record(.trial, version, fallback: fallback)
            record.attempts = 2
        case .good: record = try Fixture.record(.good, version)
        case .bad: record = try Fixture.record(.bad, version, fallback: fallback)
        case .wasGood:
            record = try Fixture.record(.bad, version, fallback: fallback)
            record.probation = .members([("passed", .bool(true))])
        }
        if content != .gone { present.insert(tree) }
        snapshot.set(.record(record), of: tree)
    }

    /// Every combination, with what it says.
    static func forEach(
        _ body: (StoreSnapshot, Set<TreeName>, () -> String) throws -> Void
    ) throws {
        let links: [(TreeName?, String?)] =
            [(nil, nil), (nil, "/elsewhere")] + TreeName.allCases.map { ($0, nil) }
        for (named, strange) in links {
            for a in Content.allCases {
                for b in Content.allCases {
                    for factory in [Content.nothing, .gone, .damaged, .good] {
                        for fallback in [nil] + TreeName.allCases {
                            var snapshot = StoreSnapshot(
                                current: named, strangeLink: strange, a: .none, b: .none)
                            var present: Set<TreeName> = []
                            try put(a, .a, 1, fallback: fallback, &snapshot, &present)
                            try put(b, .b, 2, fallback: fallback, &snapshot, &present)
                            try put(factory, .factory, 3, fallback: nil, &snapshot, &present)
                            let link = named?.rawValue ?? strange ?? "none"
                            try body(snapshot, present) {
                                "link \(link), a \(a), b \(b), factory \(factory), fallback "
                                    + (fallback?.rawValue ?? "none")
                            }
                        }
                    }
                }
            }
        }
    }

    /// The link and the records after a decision was performed.
    static func perform(_ step: BootStep, on snapshot: StoreSnapshot) -> StoreSnapshot {
        var after = snapshot
        switch step {
        case .start, .nothingInstalled, .nothingToStart: break
        case .count(let slot, let attempt):
            if let record = after.record(of: slot, startingFor: attempt) {
                after.set(.record(record), of: slot.tree)
            }
        case .leave(let slot, let target):
            if var record = after.record(slot) {
                record.state = .bad
                record.fallback = target
                after.set(.record(record), of: slot.tree)
            }
            if let target { after.named = target }
        case .move(let target, _):
            if let slot = target.slot, after.record(slot)?.state == .ready,
                let record = after.record(of: slot, startingFor: 1)
            {
                after.set(.record(record), of: target)
            }
            after.named = target
            after.strangeLink = nil
        }
        return after
    }

    @Test func `whatever stands there, something starts if anything whole is left`() throws {
        var combinations = 0
        try BootStepTests.forEach { (snapshot, present, text) in
            combinations += 1
            let step = BootStep.decide(snapshot, present: present, limit: 2)
            let after = BootStepTests.perform(step, on: snapshot)
            let anyWhole = TreeName.allCases.contains { snapshot.record(of: $0)?.whole == true }
            if anyWhole {
                #expect(after.named.map { present.contains($0) } == true, "\(text()): \(step)")
            }
            if step == .nothingToStart || step == .nothingInstalled {
                #expect(!anyWhole, "\(text()): \(step)")
            }
        }
        #expect(combinations == 5 * 10 * 10 * 4 * 4)
    }

    @Test func `what moves the link moves it to a tree that is whole, or to the last resort`()
        throws
    {
        try BootStepTests.forEach { (snapshot, present, text) in
            let step = BootStep.decide(snapshot, present: present, limit: 2)
            let target: TreeName
            switch step {
            case .leave(_, .some(let to)): target = to
            case .move(let to, _): target = to
            default: return
            }
            #expect(present.contains(target), "\(text()): \(step)")
            #expect(target != snapshot.named, "\(text()): \(step)")
            if snapshot.record(of: target)?.whole != true {
                // Nothing is known of it, and nothing else is left at all.
                #expect(snapshot.record(of: target) == nil, "\(text()): \(step)")
                let others = TreeName.allCases.contains {
                    snapshot.record(of: $0)?.whole == true && present.contains($0)
                }
                #expect(!others, "\(text()): \(step)")
            }
            // A good version is never left for one that is not.
            if let running = snapshot.running, running.whole, running.state == .good {
                Issue.record("\(text()): \(step)")
            }
            // Where there is a good one, it is a good one that runs.
            let isAnyGood = TreeName.allCases.contains { snapshot.isFallback(tree: $0) }
            if isAnyGood { #expect(snapshot.isFallback(tree: target), "\(text()): \(step)") }
        }
    }

    @Test func `a second boot decides nothing new, but for the next boot of a trial`() throws {
        try BootStepTests.forEach { (snapshot, present, text) in
            var state = snapshot
            // A trial takes its boots; after that it must be at rest.
            for _ in 0..<4 {
                state = BootStepTests.perform(
                    BootStep.decide(state, present: present, limit: 2), on: state)
            }
            let step = BootStep.decide(state, present: present, limit: 2)
            switch step {
            case .start, .nothingInstalled, .nothingToStart: break
            default: Issue.record("\(text()): \(step)")
            }
        }
    }

    @Test func `a version in trial gets its boots, and the next one runs the old version`() throws {
        var snapshot = StoreSnapshot(
            current: .b, a: .record(try Fixture.record(.good, 1)),
            b: .record(try Fixture.record(.trial, 2, fallback: .a)))
        let present: Set<TreeName> = [.a, .b]
        for attempt in 1...2 {
            let step = BootStep.decide(snapshot, present: present, limit: 2)
            #expect(step == .count(.b, attempt: attempt))
            snapshot = BootStepTests.perform(step, on: snapshot)
        }
        #expect(BootStep.decide(snapshot, present: present, limit: 2) == .leave(.b, to: .a))
    }

    @Test func `both bad: the factory tree, else the one that was good, else what runs`() throws {
        func step(_ a: Content, _ b: Content, _ factory: Content) throws -> BootStep {
            var snapshot = StoreSnapshot(current: .b, a: .none, b: .none)
            var present: Set<TreeName> = []
            try BootStepTests.put(a, .a, 1, fallback: nil, &snapshot, &present)
            try BootStepTests.put(b, .b, 2, fallback: nil, &snapshot, &present)
            try BootStepTests.put(factory, .factory, 3, fallback: nil, &snapshot, &present)
            return BootStep.decide(snapshot, present: present, limit: 2)
        }
        func target(_ step: BootStep) -> TreeName? {
            switch step {
            case .move(let to, _): to
            case .start(let tree): tree
            default: nil
            }
        }
        #expect(target(try step(.bad, .bad, .good)) == .factory)
        #expect(target(try step(.wasGood, .bad, .good)) == .factory)
        #expect(target(try step(.wasGood, .bad, .nothing)) == .a)
        #expect(target(try step(.wasGood, .wasGood, .nothing)) == .b)
        #expect(target(try step(.bad, .bad, .nothing)) == .b)
        #expect(target(try step(.good, .damaged, .good)) == .a)
        #expect(target(try step(.bad, .damaged, .nothing)) == .b)
    }

    @Test func `a store in which nothing ever was is at rest, one that lost everything is not`()
        throws
    {
        let empty = StoreSnapshot(current: nil, a: .none, b: .none)
        #expect(BootStep.decide(empty, present: [], limit: 2) == .nothingInstalled)
        let filling = StoreSnapshot(
            current: nil, a: .record(try Fixture.record(.filling, 1)), b: .none)
        #expect(BootStep.decide(filling, present: [.a], limit: 2) == .nothingInstalled)
        let lost = StoreSnapshot(current: .a, a: .none, b: .none)
        #expect(BootStep.decide(lost, present: [], limit: 2) == .nothingToStart)
    }
}
