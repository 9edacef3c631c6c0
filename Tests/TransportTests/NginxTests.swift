import Faults
import Install
import TestKit
import Testing

@testable import Transport

@Suite struct NginxTests {
    @Test func `a file comes whole, by requests as planned, over one kept HTTP 2 connection`()
        throws
    {
        try WebRig.with { rig in
            let bytes = try rig.serve("file", 9_000_000)
            let server = try WebServer.start(serving: rig.root, rig.certificates)
            let client = try HTTPClient(rig.settings)
            let source = try client.source(server.address("file"))
            #expect(try source.length() == 9_000_000)
            #expect(!source.ignoresRanges)
            let planned = source.plannedBytes([0..<9_000_000])
            #expect(planned == 9_000_000 - 65536)
            source.willRead([0..<9_000_000])
            let got = try readThrough(source, 0..<9_000_000)
            #expect(got == bytes)
            #expect(client.received == 9_000_000)
            let log = try server.requests(atLeast: 10)
            #expect(log.count == 10)
            #expect(Set(log.map(\.connection)).count == 1)
            #expect(log.allSatisfy { $0.version == "HTTP/2.0" && $0.status == 206 })
            #expect(log.reduce(0) { $0 + $1.bytes } == 9_000_000)
        }
    }

    @Test func `two sources and small files share a client and its connection`() throws {
        try WebRig.with { rig in
            let one = try rig.serve("one", 3_000_000, seed: 1)
            let two = try rig.serve("two", 3_000_000, seed: 2)
            let small = try rig.serve("small", 5000, seed: 3)
            let server = try WebServer.start(serving: rig.root, rig.certificates)
            let client = try HTTPClient(rig.settings)
            let first = try client.source(server.address("one"))
            let second = try client.source(server.address("two"))
            first.willRead([0..<3_000_000])
            second.willRead([0..<3_000_000])
            for start in stride(from: 0, to: 3_000_000, by: 100_000) {
                let range = start..<(start + 100_000)
                let a = try first.read(at: Int64(start), count: 100_000)
                let b = try second.read(at: Int64(start), count: 100_000)
                #expect(a == Array(one[range]) && b == Array(two[range]))
                first.settle(below: Int64(range.upperBound))
                second.settle(below: Int64(range.upperBound))
            }
            #expect(try client.get(server.address("small"), limit: 5000) == small)
            #expect(client.received == 6_005_000)
            let log = try server.requests(atLeast: 9)
            #expect(Set(log.map(\.connection)).count == 1)
        }
    }

    @Test func `new wishes take the place of old ones, and a source that goes ends its requests`()
        throws
    {
        try WebRig.with { rig in
            let bytes = try rig.serve("file", 9_000_000)
            let server = try WebServer.start(serving: rig.root, rig.certificates)
            let client = try HTTPClient(rig.settings)
            do {
                let source = try client.source(server.address("file"))
                source.willRead([100_000..<5_000_000])
                source.willRead([6_000_000..<6_100_000, 8_000_000..<8_000_100])
                let planned = source.plannedBytes([6_000_000..<6_100_000])
                #expect(planned == 0)
                let got = try source.read(at: 6_000_000, count: 100_000)
                #expect(got == Array(bytes[6_000_000..<6_100_000]))
                source.willRead([0..<9_000_000])
            }
            let after = try client.source(server.address("file")).read(at: 0, count: 10)
            #expect(after == Array(bytes[..<10]))
        }
    }
}
