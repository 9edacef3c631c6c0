import DurableFiles
import Faults
import Glibc
import Processes
import TestKit
import Testing

@testable import Transport

/// The month's count: ahead of what is asked for, over all commands, and never too little.
@Suite struct TrafficMeterTests {
    private static let november: Int64 = 1_795_564_800
    private static let step = TrafficMeter.step

    private static func begin(
        _ meter: TrafficMeter, _ path: String, limit: Int64? = nil,
        at moment: Int64 = november
    ) throws {
        try meter.begin(
            in: try Directory.open(path: path), limit: limit, holder: "test", clock: { moment })
    }

    private static func month(_ path: String) throws -> TrafficMonth? {
        try TrafficMonth.read(in: try Directory.open(path: path))
    }

    private static func counted(_ path: String) throws -> Int64 {
        try month(path)?.bytes ?? 0
    }

    @Test func `what is asked for is on the record before, in steps, and the rest is paid back`()
        throws
    {
        try withScratch { scratch in
            let path = scratch.path
            var meter: TrafficMeter? = TrafficMeter()
            try Self.begin(try #require(meter), path)
            #expect(try Self.counted(path) == 0)
            try meter?.prepare()
            #expect(try Self.counted(path) == Self.step)
            try meter?.commit(3_000_000)
            let charged = try Self.counted(path)
            #expect(charged >= 3_000_000 && charged % Self.step == 0)
            #expect(charged <= 3_000_000 + 2 * Self.step)
            meter?.release(500_000)
            try meter?.take(100)
            meter = nil
            #expect(try Self.counted(path) == 2_500_100)
        }
    }

    @Test func `what came before the store was known is charged when it is`() throws {
        try withScratch { scratch in
            let path = scratch.path
            var meter: TrafficMeter? = TrafficMeter()
            try meter?.take(70_000)
            #expect(meter?.left == nil)
            try Self.begin(try #require(meter), path)
            #expect(try Self.counted(path) >= 70_000)
            meter = nil
            #expect(try Self.counted(path) == 70_000)
            // One that never learned of a store counts nowhere.
            try TrafficMeter().take(5)
            #expect(try Self.counted(path) == 70_000)
        }
    }

    @Test func `several commands share one month`() throws {
        try withScratch { scratch in
            let path = scratch.path
            do {
                let first = TrafficMeter()
                let second = TrafficMeter()
                try Self.begin(first, path, limit: 10 * Self.step)
                try Self.begin(second, path, limit: 10 * Self.step)
                try first.commit(4 * Self.step)
                try second.commit(3 * Self.step)
                #expect(try Self.counted(path) >= 7 * Self.step)
                let fault = try fault { try second.commit(4 * Self.step) }
                #expect(fault.code == .budget)
                try first.commit(Self.step)
            }
            #expect(try Self.counted(path) == 8 * Self.step)
        }
    }

    @Test func `the bound is told with what was used, the month and when the next begins`() throws {
        try withScratch { scratch in
            let path = scratch.path
            try scratch.replace(
                TrafficMonth.file, with: Array(#"{"month":"2026-11","bytes":900}"#.utf8))
            let meter = TrafficMeter()
            try Self.begin(meter, path, limit: 1000)
            #expect(meter.left == 100)
            try meter.require(100)
            #expect(try fault { try meter.require(101) }.code == .budget)
            try meter.prepare()
            try meter.commit(100)
            #expect(meter.left == 0)
            let refusal = try fault { try meter.commit(1) }
            #expect(refusal.code == .budget)
            for part in ["1 bytes", "1000 of 1000", "2026-11", "2026-12-01T00:00:00Z"] {
                #expect(refusal.message.contains(part), "\(refusal.message)")
            }
            #expect(refusal.advice.contains("--ignore-month"))
            #expect(try fault { try meter.prepare() }.code == .budget)
        }
    }

    @Test func `bytes that came past the bound are counted all the same`() throws {
        try withScratch { scratch in
            let path = scratch.path
            var meter: TrafficMeter? = TrafficMeter()
            try Self.begin(try #require(meter), path, limit: 1000)
            #expect(try fault { try meter?.take(5000) }.code == .budget)
            meter = nil
            #expect(try Self.counted(path) == 5000)
        }
    }

    /// A scratch directory whose count is damaged.
    private func withDamage(_ body: (String) throws -> Void) throws {
        try withScratch { scratch in
            try scratch.replace(TrafficMonth.file, with: Array("{\"month\":".utf8))
            try body(scratch.path)
        }
    }

    @Test func `a damaged count is told where it is read`() throws {
        try withDamage { path in
            let fault = #expect(throws: Fault.self) { try Self.month(path) }
            #expect(fault?.code == .storeDamaged)
        }
    }

    @Test func `a damaged count is used up under a bound`() throws {
        try withDamage { path in
            let meter = TrafficMeter()
            try Self.begin(meter, path, limit: 1_000_000)
            #expect(meter.left == 0)
            let refusal = try fault { try meter.prepare() }
            #expect(refusal.code == .budget && refusal.message.contains("was damaged"))
        }
    }

    @Test func `without a bound a damaged count hinders nobody, and stays lost for its month`()
        throws
    {
        try withDamage { path in
            let meter = TrafficMeter()
            try Self.begin(meter, path)
            try meter.commit(10)
            let month = try Self.month(path)
            #expect(month?.isLost == true)
            let later = TrafficMeter()
            try Self.begin(later, path, limit: 1_000_000, at: Self.november + 31 * 86_400)
            #expect(later.left == 1_000_000)
        }
    }

    @Test func `what was charged in another month is not paid back to this one`() throws {
        try withScratch { scratch in
            let path = scratch.path
            var moment = Self.november
            var meter: TrafficMeter? = TrafficMeter()
            try meter?.begin(
                in: try Directory.open(path: path), limit: nil, holder: "test", clock: { moment })
            try meter?.prepare()
            moment += 31 * 86_400
            let other = TrafficMeter()
            try Self.begin(other, path, at: moment)
            try other.commit(10)
            let before = try Self.counted(path)
            meter = nil
            #expect(try Self.counted(path) == before)
            #expect(try Self.month(path)?.name == "2026-12")
        }
    }

    @Test func `a count that cannot be kept holds back only where it is bounded`() throws {
        try withScratch { scratch in
            let path = scratch.path
            // A directory in the place of what is to be replaced; root may write anywhere else.
            _ = try scratch.make(".traffic.json.new")
            let free = TrafficMeter()
            try Self.begin(free, path)
            try free.commit(10)
            let bound = TrafficMeter()
            try Self.begin(bound, path, limit: 1000)
            #expect(throws: Fault.self) { try bound.commit(10) }
        }
    }

    @Test func `a kill at any moment leaves too much on the record, never too little`() async throws
    {
        let parent = try Directory.open(path: "/tmp")
        let name = "nacelle-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        _ = try parent.make(name)
        defer { try? parent.removeTree(name) }
        let path = "/tmp/" + name
        for count in [1, 200_000, 5_000_000] as [Int64] {
            let before = try Self.counted(path)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, count = count as Int64] in
                let meter = TrafficMeter()
                try meter.begin(
                    in: try Directory.open(path: path), limit: nil, holder: "test",
                    clock: { 1_795_564_800 })
                try meter.prepare()
                try meter.commit(count)
                kill(getpid(), SIGKILL)
            }
            let after = try Self.counted(path)
            #expect(after >= before + count)
            #expect(after <= before + count + 2 * Self.step)
        }
    }
}
