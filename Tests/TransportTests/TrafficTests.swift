import DurableFiles
import Faults
import TestKit
import Testing

@testable import Transport

/// What a client brings is on the month's record before it comes.
@Suite struct TrafficTests {
    private static func begin(
        _ meter: TrafficMeter, in path: String, limit: Int64? = nil
    ) throws {
        try meter.begin(
            in: try Directory.open(path: path), limit: limit, holder: "test",
            clock: { 1_795_564_800 })
    }

    private static func counted(_ path: String) throws(Fault) -> Int64 {
        try TrafficMonth.read(in: try Directory.open(path: path))?.bytes ?? 0
    }

    @Test func `at no moment has more come than is on the record, and at the end they are even`()
        throws
    {
        try WebRig.with { rig in
            let bytes = try rig.serve("file", 5_000_000)
            let path = rig.certificates.directory
            let server = try WebServer.start(serving: rig.root, rig.certificates)
            var slow = rig.settings
            slow.bytesPerSecond = 8 << 20
            var looks = 0
            var short: [Int64] = []
            do {
                let meter = TrafficMeter()
                try Self.begin(meter, in: path)
                let client = try HTTPClient(slow)
                client.meter = meter
                client.watch { [unowned client] () throws(Fault) in
                    looks += 1
                    let record = try Self.counted(path)
                    if record < client.received { short.append(client.received - record) }
                }
                let source = try client.source(server.address("file"))
                source.willRead([0..<5_000_000])
                #expect(try readThrough(source, 0..<5_000_000) == bytes)
                #expect(client.received == 5_000_000)
            }
            #expect(looks > 0 && short.isEmpty, "\(short)")
            let counted = try Self.counted(path)
            // Header lines and requests come on top.
            #expect(counted > 5_000_000 && counted < 5_050_000, "\(counted)")
        }
    }

    @Test func `the month's bound refuses before a byte is asked for, beside the client's own`()
        throws
    {
        try WebRig.with { rig in
            _ = try rig.serve("file", 300_000)
            let path = rig.certificates.directory
            let server = try WebServer.start(serving: rig.root, rig.certificates)
            let meter = TrafficMeter()
            try Self.begin(meter, in: path, limit: 200_000)
            let client = try HTTPClient(rig.settings)
            client.meter = meter
            let refusal = try fault {
                _ = try client.get(server.address("file"), limit: 1_000_000)
            }
            #expect(refusal.code == .budget && refusal.message.contains("2026-11"))
            // The answer's length was known, so none of its body was taken.
            #expect(client.received == 0)
            client.budget = 1000
            #expect(
                try fault { _ = try client.get(server.address("file"), limit: 1_000_000) }.code
                    == .budget)
            try meter.take(200_000 - 10_000)
            #expect(throws: Fault.self) { try meter.commit(20_000) }
            let before = try server.requests(atLeast: 2).count
            try? meter.take(20_000)
            #expect(
                try fault { _ = try client.get(server.address("file"), limit: 1_000_000) }.code
                    == .budget)
            #expect(try server.requests(atLeast: before).count == before)
        }
    }
}
