import DurableFiles
import Faults
import Glibc
import TestKit
import Testing

@testable import Telemetry

@Suite struct SampleQueueTests {
    private func lines(_ time: Int64, _ count: Int = 3) -> [UInt8] {
        Array((0..<count).map { "nacelle_test{n=\"\($0)\"} 1 \(time)\n" }.joined().utf8)
    }

    private func queue(
        _ scratch: borrowing Directory, bytes: Int64 = 1 << 20, age: Int64 = 86_400
    ) throws -> SampleQueue {
        SampleQueue(try scratch.openOrMake("telemetry"), bytes: bytes, age: age)
    }

    private func all(_ queue: borrowing SampleQueue) throws -> [TimedSample] {
        var samples: [TimedSample] = []
        for name in try queue.segments() { samples += TimedSample.read(try queue.read(name)) }
        return samples
    }

    @Test func `what was added comes out in order, in few files`() throws {
        try withScratch { (scratch) throws in
            let queue = try queue(scratch)
            for time in Int64(1)...500 { _ = try queue.add(lines(time), at: 1000 + time) }
            let samples = try all(queue)
            #expect(samples.count == 1500)
            #expect(samples.map(\.milliseconds) == (Int64(1)...500).flatMap { [$0, $0, $0] })
            let files = try queue.segments().count
            #expect((1...2).contains(files))
            let waiting = try queue.waiting()
            #expect(waiting > 30_000)
        }
    }

    @Test func `the oldest go where there is no more room, and are counted`() throws {
        try withScratch { (scratch) throws in
            let queue = try queue(scratch, bytes: 128 << 10)
            var dropped = SampleQueue.Dropped()
            for time in Int64(1)...400 {
                let more = try queue.add(lines(time, 20), at: 1000 + time)
                dropped.size += more.size
                #expect(more.age == 0)
            }
            let waiting = try queue.waiting()
            #expect(waiting <= 128 << 10)
            let samples = try all(queue)
            #expect(dropped.size > 0 && samples.count + dropped.size == 8000)
            #expect(samples.last?.milliseconds == 400)
        }
    }

    @Test func `what became too old goes, and is counted`() throws {
        try withScratch { (scratch) throws in
            let queue = try queue(scratch, age: 100)
            _ = try queue.add(lines(1), at: 1000)
            let same = try queue.add(lines(2), at: 1100)
            #expect(same.age == 0)
            let later = try queue.add(lines(3), at: 1101)
            #expect(later.age == 6)
            let samples = try all(queue)
            #expect(samples.map(\.milliseconds) == [3, 3, 3])
            // A clock that was set back costs nothing.
            let back = try queue.add(lines(4), at: 5)
            #expect(back.age == 0)
        }
    }

    @Test func `a line that a power cut broke is not given out, nor joined to`() throws {
        try withScratch { (scratch) throws in
            let queue = try queue(scratch)
            _ = try queue.add(lines(1), at: 1000)
            let name = try #require(try queue.segments().first)
            let place = try scratch.open("telemetry")
            guard let file = try place.openFile(name, flags: O_WRONLY | O_APPEND) else {
                Issue.record("there is no \(name)")
                return
            }
            try file.write(Array("nacelle_test{n=\"9".utf8).span, name)
            _ = try queue.add(lines(2), at: 1001)
            let samples = try all(queue)
            #expect(samples.map(\.milliseconds) == [1, 1, 1, 2, 2, 2])
        }
    }

    @Test func `other files in its directory are left alone`() throws {
        try withScratch { (scratch) throws in
            let queue = try queue(scratch)
            let place = try scratch.open("telemetry")
            for name in ["push.json", "x.prom", "000000000001-.prom", "1-2.prom"] {
                try place.replace(name, with: [1, 2, 3])
            }
            _ = try queue.add(lines(1), at: 1000)
            let samples = try all(queue)
            #expect(samples.count == 3)
        }
    }

    @Test func `what cannot be read is set aside, and holds nothing up`() throws {
        try withScratch { (scratch) throws in
            let queue = try queue(scratch, bytes: 128 << 10)
            let place = try scratch.open("telemetry")
            try place.make("000000000001-1000.prom").sync()
            _ = try queue.add(lines(1), at: 1000)
            #expect(throws: Fault.self) { try queue.read("000000000001-1000.prom") }
            try queue.setAside("000000000001-1000.prom")
            let samples = try all(queue)
            #expect(samples.count == 3)
            // A file whose disk reads it no more, again and again, leaves no more than one behind.
            for _ in 0..<3 {
                try place.replace("000000000002-1000.prom", with: [1])
                try queue.setAside("000000000002-1000.prom")
            }
            let left = try place.names().filter { $0.contains("damaged") }
            #expect(left == [".damaged"])
            try place.make("000000000000-1000.prom").sync()
            for time in Int64(2)...400 { _ = try queue.add(lines(time, 20), at: 1000 + time) }
            let waiting = try queue.waiting()
            #expect(waiting <= 128 << 10)
        }
    }
}
