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
}
