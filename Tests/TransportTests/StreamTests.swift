import DurableFiles
import Faults
import Install
import TestKit
import Testing

@testable import Transport

/// Servers that send the whole file whatever is asked for.
@Suite struct StreamTests {
    private func with(
        _ count: Int, _ body: (HostileServer, [UInt8]) throws -> Void
    ) throws {
        try withScratch { scratch in
            let bytes = WebRig.bytes(count, seed: 5)
            try scratch.replace("file", with: bytes)
            try body(try HostileServer(serving: scratch.path + "/file"), bytes)
        }
    }

    @Test func `one body serves what is read forward, and the rest is skipped`() throws {
        try with(9_000_000) { server, bytes in
            let client = try HTTPClient(WebRig.quick)
            let source = try client.source(server.address("noranges"))
            #expect(source.ignoresRanges)
            #expect(source.plannedBytes([100..<200]) == 9_000_000)
            for range in [
                0..<64, 64..<300_000, 100..<5000, 4_000_000..<4_500_000, 8_999_999..<9_000_000,
            ] {
                let got = try source.read(at: Int64(range.lowerBound), count: range.count)
                #expect(got == Array(bytes[range]))
            }
            #expect(client.received == 9_000_000)
            #expect(try asked(server).count(where: { $0.path == "/noranges" }) == 1)
            let back = try fault { _ = try source.read(at: 0, count: 10) }
            #expect(back.code == .serverRefused && back.message.contains("has gone by"))
        }
    }

    @Test func `what is not read yet is held back`() throws {
        try with(12_000_000) { server, bytes in
            let client = try HTTPClient(WebRig.quick)
            let source = try client.source(server.address("noranges"))
            let first = try source.read(at: 0, count: 10)
            #expect(first == Array(bytes[..<10]))
            for _ in 0..<20 { try client.step() }
            #expect(client.received <= 2 << 20)
            let rest = try readThrough(source, 10..<12_000_000)
            #expect(rest == Array(bytes[10...]))
        }
    }

    @Test func `it is held back in HTTP 2 too`() throws {
        try WebRig.with { rig in
            let bytes = try rig.serve("file", 12_000_000)
            var options = WebServer.Options()
            options.extra = "max_ranges 0;"
            let server = try WebServer.start(serving: rig.root, rig.certificates, options)
            let client = try HTTPClient(rig.settings)
            let source = try client.source(server.address("file"))
            #expect(source.ignoresRanges)
            for _ in 0..<20 { try client.step() }
            #expect(client.received <= 2 << 20)
            // Another request goes on beside it.
            #expect(try client.get(server.address("none"), limit: 10) == nil)
            let got = try readThrough(source, 0..<12_000_000)
            #expect(got == bytes)
            let log = try server.requests(atLeast: 2)
            #expect(log.allSatisfy { $0.version == "HTTP/2.0" })
            #expect(Set(log.map(\.connection)).count == 1)
        }
    }

    @Test func `a body that was cut begins again, and the reader does not notice`() throws {
        try with(3_000_000) { server, bytes in
            let client = try HTTPClient(WebRig.quick)
            let source = try client.source(server.address("noranges-cut/1000000/2"))
            let got = try readThrough(source, 0..<3_000_000)
            #expect(got == bytes)
            #expect(client.received == 5_000_000)
            let never = try client.source(server.address("noranges-cut/1000000/99"))
            let end = try fault { _ = try readThrough(never, 0..<3_000_000) }
            #expect(end.code == .network, "\(end)")
        }
    }

    @Test func `a tick that throws ends the wait, and reading goes on after`() throws {
        try with(1_000_000) { server, bytes in
            var stop = false
            let client = try HTTPClient(WebRig.quick) { () throws(Fault) in
                if stop { throw Fault(.cancelled, "Stop.") }
            }
            let source = try client.source(server.address("noranges-stall/1"))
            let first = try source.read(at: 0, count: 100_000)
            #expect(first == Array(bytes[..<100_000]))
            stop = true
            let got = try fault { _ = try source.read(at: 100_000, count: 10) }
            #expect(got.code == .cancelled)
            stop = false
            let rest = try source.read(at: 100_000, count: 900_000)
            #expect(rest == Array(bytes[100_000...]))
        }
    }
}
