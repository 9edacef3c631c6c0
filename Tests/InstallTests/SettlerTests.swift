import Bundle
import DurableFiles
import Faults
import Locks
import TestKit
import Testing

@testable import Install

/// Chunks of 1 MiB that no codec makes smaller.
private func large(_ chunks: Int) throws -> BundleMaker.Made {
    var random = SeededGenerator(seed: 5)
    let block = random.bytes(1 << 20)
    var tree = RealTree()
    var content: [UInt8] = []
    for number in 0..<chunks { content += block.map { $0 ^ UInt8(number) } }
    tree.file("weights", content)
    return try tree.maker(chunk: 1 << 20).make()
}

/// Counts syncs, and holds or fails them as it is told.
private final class Syncs: Sendable {
    struct State {
        var began = 0
        var ended = 0
        var fails = false
    }
    let state = Guarded(State())

    func sync() throws(Fault) {
        let fails = state.withLock {
            $0.began += 1
            return $0.fails
        }
        if fails { throw Fault(.storage, "The test's disk does not take it.") }
        state.withLock { $0.ended += 1 }
    }
}

@Suite struct SettlerTests {
    @Test func `no more than 4 MiB are read from a network beyond what is settled`() throws {
        let made = try large(7)
        try withBench { bench in
            var bench = bench
            bench.isSettled = true
            let source = PricedSource(made, isRemote: true)
            let pack = Int64(made.bytes.count) - made.manifest.packLength
            var most: Int64 = 0
            source.watch = { [unowned source] range in
                most = max(most, range.upperBound - max(pack, source.settled.last ?? 0))
            }
            let filled = try bench.fill(made, from: source)
            #expect(filled.fault == nil && filled.read == made.manifest.packLength)
            #expect(most <= 4 << 20 && most > 1 << 20)
            #expect(source.settled == source.settled.sorted())
            #expect((source.settled.last ?? 0) > pack + (2 << 20))
            #expect((source.settled.last ?? 0) <= Int64(made.bytes.count))
            #expect(try bench.tree() == made.manifest.tree.digest)
        }
    }

    @Test func `nothing is settled before a sync that began after it was unpacked has ended`()
        throws
    {
        let made = try RealTree.sample().maker().make()
        let source = PricedSource(made, isRemote: true)
        let syncs = Syncs()
        let settler = try Settler(source: source, localStep: 0) { () throws(Fault) in
            try syncs.sync()
        }
        // Half a step: nothing to sync yet.
        try settler.begin(512 << 10)
        try settler.unpacked(512 << 10, upTo: 10)
        #expect(source.settled.isEmpty && syncs.state.withLock { $0.began } == 0)
        try settler.begin(512 << 10)
        try settler.unpacked(512 << 10, upTo: 20)
        // Unpacked after that sync has begun, so not settled by it.
        try settler.begin(100 << 10)
        while source.settled.isEmpty { try settler.unpacked(0, upTo: 30) }
        #expect(source.settled == [20])
        #expect(syncs.state.withLock { $0.ended } == 1)
        // The window: what is begun and not unpacked counts as well.
        #expect(settler.allows((4 << 20) - (100 << 10)))
        #expect(!settler.allows((4 << 20) - (100 << 10) + 1))
    }

    @Test func `a chunk that would pass the window waits for the syncs that it takes, no more`()
        throws
    {
        let made = try RealTree.sample().maker().make()
        let source = PricedSource(made, isRemote: true)
        let syncs = Syncs()
        let settler = try Settler(source: source, localStep: 0) { () throws(Fault) in
            try syncs.sync()
        }
        for number in 1...40 {
            try settler.begin(1 << 20)
            let begun = Int64(number) << 20
            #expect(begun - (source.settled.last ?? 0) <= 4 << 20)
            try settler.unpacked(1 << 20, upTo: begun)
        }
        #expect(syncs.state.withLock { $0.began } <= 40)
        // More than the window at once, and nothing unpacked that could be settled: it goes on.
        for _ in 0..<6 { try settler.begin(1 << 20) }
    }

    @Test func `of a local source nothing waits, and it is written back now and then`() throws {
        let made = try RealTree.sample().maker().make()
        let source = PricedSource(made, isRemote: false)
        let syncs = Syncs()
        let settler = try Settler(source: source, localStep: 1 << 20) { () throws(Fault) in
            try syncs.sync()
        }
        for _ in 0..<20 { try settler.begin(1 << 20) }
        #expect(settler.allows(.max) && syncs.state.withLock { $0.began } == 0)
        try settler.unpacked((1 << 20) - 1, upTo: 0)
        #expect(syncs.state.withLock { $0.began } == 0)
        try settler.unpacked(1, upTo: 0)
        while source.settled.isEmpty { try settler.unpacked(0, upTo: 0) }
        #expect(syncs.state.withLock { $0.began } == 1)
    }

    @Test func `a sync that fails ends the fill`() throws {
        let made = try large(6)
        let syncs = Syncs()
        syncs.state.withLock { $0.fails = true }
        try withBench { bench in
            var bench = bench
            bench.sync = { () throws(Fault) in try syncs.sync() }
            let source = PricedSource(made, isRemote: true)
            let filled = try bench.fill(made, from: source)
            #expect(filled.fault?.code == .storage)
            #expect(source.settled.isEmpty)
            #expect(filled.read <= 4 << 20)
            syncs.state.withLock { $0.fails = false }
            #expect(try bench.fill(made, from: source).fault == nil)
            #expect(try bench.tree() == made.manifest.tree.digest)
        }
    }
}
