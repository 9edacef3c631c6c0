import DurableFiles
import Faults
import Glibc
import StrictJSON
import TestKit
import Testing
import Transport

@testable import Telemetry

/// Against the real servers from Debian, on this machine's loopback.
@Suite struct UplinkTests {
    private static let day: Int64 = 86_400

    private func client() throws -> HTTPClient {
        var settings = TransferSettings()
        settings.allowPlainHTTP = true
        settings.backOff.attempts = 1
        return try HTTPClient(settings)
    }

    /// Fills a queue with a sample every half an hour, the last one now.
    private func fill(
        _ queue: borrowing SampleQueue, days: Int64, until now: Int64
    ) throws -> [Int64] {
        var times: [Int64] = []
        var time = now - days * Self.day
        while time <= now {
            let families = [
                MetricFamily.one("nacelle_test_a", .gauge, "A test.", Double(time % 1000)),
                MetricFamily(
                    "nacelle_test_b", .gauge, "A test.",
                    [MetricSample("nacelle_test_b", ["class": "x \"y\""], Double(time))]),
            ]
            let lines = MetricPage.samples(families, with: ["instance": "t-7"], at: time * 1000)
            _ = try queue.add(lines, at: time)
            times.append(time)
            time += 1800
        }
        return times
    }

    @Test(arguments: [Uplink.Format.remoteWrite, .text])
    func `after days offline VictoriaMetrics has every sample once`(format: Uplink.Format) throws {
        try withScratch { (scratch) throws in
            let server = try SeriesServer.victoria(scratch)
            let queue = SampleQueue(
                try scratch.openOrMake("queue"), bytes: 8 << 20, age: 30 * Self.day)
            let times = try fill(queue, days: 5, until: Int64(time(nil)))
            var dropped = SampleQueue.Dropped()
            let path = format == .text ? "/api/v1/import/prometheus" : "/api/v1/write"
            let uplink = Uplink(server.url + path, format, try client())
            let outcome = try uplink.push(queue, &dropped)
            #expect(outcome == .done && dropped == SampleQueue.Dropped())
            let left = try queue.segments()
            #expect(left == [])
            for name in ["nacelle_test_a", "nacelle_test_b"] {
                let found = try server.exported(name)
                #expect(found.map { $0 / 1000 } == times)
            }
        }
    }

    @Test func `after days offline Prometheus has every sample that it takes once`() throws {
        try withScratch { (scratch) throws in
            let server = try SeriesServer.prometheus(scratch, window: "3d")
            let now = Int64(time(nil))
            // It has newer samples already, as from machines that were not offline.
            let before = SampleQueue(
                try scratch.openOrMake("before"), bytes: 8 << 20, age: 30 * Self.day)
            _ = try before.add(
                MetricPage.samples(
                    [.one("nacelle_test_a", .gauge, "", 1)], with: ["instance": "other"],
                    at: now * 1000), at: now)
            let uplink = Uplink(server.url + "/api/v1/write", .remoteWrite, try client())
            var dropped = SampleQueue.Dropped()
            let first = try uplink.push(before, &dropped)
            #expect(first == .done)
            let queue = SampleQueue(
                try scratch.openOrMake("queue"), bytes: 8 << 20, age: 30 * Self.day)
            let times = try fill(queue, days: 5, until: now)
            let outcome = try uplink.push(queue, &dropped)
            #expect(outcome == .done)
            let left = try queue.segments()
            #expect(left == [])
            let found = try server.queried("nacelle_test_a{instance=\"t-7\"}", days: 6).map {
                $0 / 1000
            }
            // What is older than its window it will never take: given up, and counted.
            #expect(dropped.refused > 0 && dropped.refused % 2 == 0)
            #expect(found == Array(times.suffix(times.count - dropped.refused / 2)))
            #expect(found.count >= 3 * 48 - 4)
            // The same once more, as where the answer was lost, changes nothing.
            let again = SampleQueue(
                try scratch.openOrMake("again"), bytes: 8 << 20, age: 30 * Self.day)
            _ = try fill(again, days: 1, until: now)
            _ = try uplink.push(again, &dropped)
            let same = try server.queried("nacelle_test_a{instance=\"t-7\"}", days: 6).map {
                $0 / 1000
            }
            #expect(same == found)
        }
    }

    @Test func `a server that does not answer, or does not want us, costs no sample`() throws {
        try withScratch { (scratch) throws in
            let queue = SampleQueue(
                try scratch.openOrMake("queue"), bytes: 8 << 20, age: 30 * Self.day)
            _ = try fill(queue, days: 1, until: Int64(time(nil)))
            let waiting = try queue.waiting()
            var dropped = SampleQueue.Dropped()
            let nobody = try Uplink("http://127.0.0.1:1/api/v1/write", .remoteWrite, client())
                .push(queue, &dropped)
            guard case .later = nobody else {
                Issue.record("\(nobody)")
                return
            }
            let server = try SeriesServer.prometheus(scratch, window: "3d")
            let wrong = try Uplink(server.url + "/nowhere", .remoteWrite, client())
                .push(queue, &dropped)
            guard case .mend(let words) = wrong else {
                Issue.record("\(wrong)")
                return
            }
            #expect(words.contains("404"))
            let still = try queue.waiting()
            #expect(still == waiting && dropped == SampleQueue.Dropped())
        }
    }

    @Test func `samples of a time that has not come are not pushed`() throws {
        try withScratch { (scratch) throws in
            let server = try SeriesServer.prometheus(scratch, window: "3d")
            let now = Int64(time(nil))
            let queue = SampleQueue(
                try scratch.openOrMake("queue"), bytes: 8 << 20, age: 30 * Self.day)
            for moment in [now + 20 * Self.day, now] {
                _ = try queue.add(
                    MetricPage.samples(
                        [.one("nacelle_test_a", .gauge, "", 1)], with: ["instance": "t-7"],
                        at: moment * 1000), at: now)
            }
            var dropped = SampleQueue.Dropped()
            let outcome = try Uplink(server.url + "/api/v1/write", .remoteWrite, client())
                .push(queue, &dropped)
            #expect(outcome == .done && dropped.refused == 1)
            let found = try server.queried("nacelle_test_a", days: 30)
            #expect(found == [now * 1000])
        }
    }

    @Test func `a server that refuses all of it has nothing given up, and one bad sample is`()
        throws
    {
        try withScratch { (scratch) throws in
            let server = try SeriesServer.refusing(scratch)
            let now = Int64(time(nil))
            let queue = SampleQueue(
                try scratch.openOrMake("queue"), bytes: 8 << 20, age: 30 * Self.day)
            func add(_ name: String, _ moment: Int64) throws {
                _ = try queue.add(
                    MetricPage.samples([.one(name, .gauge, "", 1)], with: [:], at: moment * 1000),
                    at: now)
            }
            for step in Int64(0)..<5 { try add("bad", now - 50 + step) }
            var dropped = SampleQueue.Dropped()
            let waiting = try queue.waiting()
            let uplink = Uplink(server.url + "/write", .text, try client())
            guard case .mend(let words) = try uplink.push(queue, &dropped) else {
                Issue.record("nothing is to be mended")
                return
            }
            #expect(words.contains("It answered 400: this is bad"))
            let still = try queue.waiting()
            #expect(still == waiting && dropped == SampleQueue.Dropped())
            try add("fine", now)
            let outcome = try uplink.push(queue, &dropped)
            #expect(outcome == .done && dropped.refused == 5)
            let left = try queue.segments()
            #expect(left == [])
        }
    }
}
