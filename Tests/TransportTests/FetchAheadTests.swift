import DurableFiles
import Faults
import Install
import TestKit
import Testing

@testable import Transport

/// What is asked for, and when: coalescing, the window, the budget.
@Suite struct FetchAheadTests {
    private func with(
        _ count: Int, _ body: (HostileServer, [UInt8]) throws -> Void
    ) throws {
        try withScratch { scratch in
            let bytes = WebRig.bytes(count, seed: 3)
            try scratch.replace("file", with: bytes)
            try body(try HostileServer(serving: scratch.path + "/file"), bytes)
        }
    }

    private func total(_ server: HostileServer, _ path: String = "/ok") throws -> Int64 {
        try asked(server).filter { $0.path == path }.reduce(0) {
            $0 + $1.range.upperBound - $1.range.lowerBound
        }
    }

    @Test func `no more than 4 MiB is asked for beyond what is settled`() throws {
        let window = TransferSettings.window
        try with(12_000_000) { server, bytes in
            let client = try HTTPClient(WebRig.quick)
            let source = try client.source(server.address("ok"))
            source.willRead([65536..<12_000_000])
            // Reading does not settle.
            let first = try readThrough(source, 65536..<4_000_000, settling: false)
            #expect(first == Array(bytes[65536..<4_000_000]))
            #expect(try total(server) <= 65536 + window)
            let before = try total(server)
            // A read past the window asks for itself alone.
            let beyond = try source.read(at: 5_000_000, count: 1000)
            #expect(beyond == Array(bytes[5_000_000..<5_001_000]))
            #expect(try total(server) == before + 1000)
            source.settle(below: 1_000_000)
            _ = try source.read(at: 3_999_000, count: 1000)
            var after = try total(server)
            for _ in 0..<500 where after <= before + 1000 {
                try client.rest(until: timeSinceBoot() + .milliseconds(10))
                after = try total(server)
            }
            #expect(after > before + 1000 && after <= 1_000_000 + window + 1000)
            let rest = try readThrough(source, 1_000_000..<12_000_000)
            #expect(rest == Array(bytes[1_000_000...]))
            // What was read out of turn came twice.
            #expect(client.received == 12_001_000)
        }
    }

    @Test func `small gaps are fetched, large ones asked round, and the plan is exact`() throws {
        try WebRig.with { rig in
            let bytes = try rig.serve("file", 6_000_000)
            let server = try WebServer.start(serving: rig.root, rig.certificates)
            let client = try HTTPClient(rig.settings)
            let source = try client.source(server.address("file"))
            let wanted: [Range<Int64>] = [
                10..<5000, 60_000..<70_000, 74_096..<80_000, 84_097..<90_000,
                1_000_000..<3_500_000, 5_999_990..<6_000_000,
            ]
            let planned = source.plannedBytes(wanted)
            // 65536..<80000, 84097..<90000, 2500000 in three, 10
            #expect(planned == 14_464 + 5903 + 2_500_000 + 10)
            source.willRead(wanted)
            for range in wanted {
                let got = try readThrough(source, range)
                #expect(got == Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]))
            }
            #expect(client.received == planned + 65536)
            let log = try server.requests(atLeast: 7)
            #expect(log.count == 7)
            #expect(log.dropFirst().allSatisfy { $0.condition.hasPrefix("\"") })
            #expect(log.reduce(0) { $0 + $1.bytes } == client.received)
            #expect(source.plannedBytes([0..<65536]) == 0)
            #expect(source.plannedBytes([-5..<10, 7_000_000..<8_000_000]) == 0)
        }
    }

    @Test func `a weak tag gives way to the date, and neither to the length alone`() throws {
        try with(200_000) { server, _ in
            let client = try HTTPClient(WebRig.quick)
            for (mode, condition) in [
                ("ok", "\"one\""), ("weak", "Thu, 01 Jan 2026 00:00:00 GMT"), ("untagged", "-"),
            ] {
                let source = try client.source(server.address(mode))
                _ = try source.read(at: 100_000, count: 10)
                let log = try asked(server).filter { $0.path == "/" + mode }
                #expect(log.map(\.condition) == ["-", condition])
            }
        }
    }

    @Test func `the budget holds before the bytes are asked for`() throws {
        try with(3_000_000) { server, bytes in
            let client = try HTTPClient(WebRig.quick)
            client.budget = 1_000_000
            let source = try client.source(server.address("ok"))
            source.willRead([0..<3_000_000])
            let got = try readThrough(source, 0..<900_000)
            #expect(got == Array(bytes[..<900_000]))
            let over = try fault { _ = try readThrough(source, 900_000..<2_000_000) }
            #expect(over.code == .budget && over.message.contains("1000000"), "\(over)")
            #expect(client.received <= 1_000_000)
            #expect(try total(server) <= 1_000_000)
            let whole = try fault { _ = try client.get(server.address("ok"), limit: 4 << 20) }
            #expect(whole.code == .budget)
            let endless = try fault {
                _ = try client.get(server.address("endless"), limit: 4 << 20)
            }
            #expect(endless.code == .budget)
            let stream = try fault { _ = try client.source(server.address("noranges")) }
            #expect(stream.code == .budget)
            client.budget = nil
            let rest = try readThrough(source, 900_000..<3_000_000)
            #expect(rest == Array(bytes[900_000...]))
        }
    }

    @Test func `no more connections are open than requests may be under way`() throws {
        try WebRig.with { rig in
            let bytes = try rig.serve("file", 8_000_000)
            var options = WebServer.Options()
            options.offersHTTP2 = false
            let server = try WebServer.start(serving: rig.root, rig.certificates, options)
            let client = try HTTPClient(rig.settings)
            let source = try client.source(server.address("file"))
            source.willRead([0..<8_000_000])
            let got = try readThrough(source, 0..<8_000_000)
            #expect(got == bytes)
            let log = try server.requests(atLeast: 9)
            #expect(Set(log.map(\.connection)).count <= 3)
            #expect(log.allSatisfy { $0.version == "HTTP/1.1" })
        }
    }

    @Test(arguments: SeededGenerator.seeds(30))
    func `a plan keeps its window and asks for each wanted byte once`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var plan = FetchPlan(sizes: 500...1000, window: 4000)
        let wanted = RangeSet(
            (0..<40).map { _ in
                let start = Int64.random(in: 0..<50_000, using: &random)
                return start..<(start + Int64.random(in: 0..<3000, using: &random))
            }, within: 0..<51_000, joining: 10)
        plan.replace(open: wanted, kept: [])
        var came = RangeSet()
        var settled: Int64 = 0
        var steps = 0
        while settled < 51_000, steps < 10_000 {
            steps += 1
            if let next = plan.next(affordable: .max) {
                #expect(came.overlap(with: next).isEmpty, "seed \(seed)")
                if Int.random(in: 0..<4, using: &random) == 0 {
                    let cut = Int64.random(in: next.lowerBound..<next.upperBound, using: &random)
                    came.insert(next.lowerBound..<cut)
                    plan.giveBack(cut..<next.upperBound)
                } else {
                    came.insert(next)
                }
                #expect(plan.asked.count <= 4000, "seed \(seed)")
            } else {
                let first = plan.open.ranges.first?.lowerBound ?? 51_000
                settled = max(min(settled + 700, first), min(first, 51_000))
                plan.settle(below: settled)
            }
        }
        #expect(came == wanted, "seed \(seed)")
    }

    @Test(arguments: SeededGenerator.seeds(30))
    func `a set of ranges is a set of numbers`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var set = RangeSet()
        var numbers: Set<Int64> = []
        for _ in 0..<200 {
            let start = Int64.random(in: 0..<100, using: &random)
            let range = start..<(start + Int64.random(in: 0..<20, using: &random))
            if Bool.random(using: &random) {
                set.insert(range)
                numbers.formUnion(range)
            } else {
                set.remove(range)
                numbers.subtract(range)
            }
            #expect(set.count == Int64(numbers.count), "seed \(seed)")
            #expect(set.ranges.allSatisfy { !$0.isEmpty && numbers.isSuperset(of: $0) })
            #expect(
                zip(set.ranges, set.ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound }
            )
            let overlap = set.overlap(with: 20..<60).flatMap { Array($0) }
            #expect(overlap == numbers.filter { (20..<60).contains($0) }.sorted())
            #expect((set.range(holding: 50) != nil) == numbers.contains(50))
        }
    }
}
