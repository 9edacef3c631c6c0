import DurableFiles
import Faults
import Install
import TestKit
import Testing

@testable import Transport

/// Links that break, dawdle and stop: waited out within bounds, and gone on with.
@Suite struct WeakLinkTests {
    private func with(
        _ count: Int = 3_000_000, _ body: (HostileServer, [UInt8]) throws -> Void
    ) throws {
        try withScratch { scratch in
            let bytes = WebRig.bytes(count, seed: 8)
            try scratch.replace("file", with: bytes)
            try body(try HostileServer(serving: scratch.path + "/file"), bytes)
        }
    }

    @Test(arguments: [5000, 65_537, 100_001, 524_287])
    func `a connection cut after so many bytes is gone on with, without a byte twice`(
        _ cut: Int
    ) throws {
        try with(1_500_000) { server, bytes in
            let client = try HTTPClient(WebRig.quick)
            let source = try client.source(server.address("cut/\(cut)"))
            // What the opening tried in vain.
            let before = client.received
            let head = cut < 65536 ? Int64(4096) : 65536
            #expect(before <= 4096 + 2 * 5000 || cut > 65536)
            source.willRead([0..<1_500_000])
            let got = try readThrough(source, 0..<1_500_000)
            #expect(got == bytes)
            #expect(client.received - before == 1_500_000 - head)
        }
    }

    @Test(arguments: [100, 1500, 2500, 5000, 300_000, 700_001])
    func `TLS cut after so many bytes is the network's fault, and gone on with`(
        _ cut: Int
    ) throws {
        try WebRig.with { rig in
            let bytes = try rig.serve("file", 2_000_000)
            let server = try WebServer.start(serving: rig.root, rig.certificates)
            let proxy = try HostileServer(serving: rig.root + "/file", cut: cut)
            var settings = rig.settings
            settings.proxy = .server("http://127.0.0.1:\(proxy.port)")
            let client = try HTTPClient(settings)
            // Below this not even the first block comes.
            guard cut > 100_000 else {
                let got = try fault { _ = try client.source(server.address("file")) }
                #expect(got.code == .network, "\(got)")
                return
            }
            let source = try client.source(server.address("file"))
            source.willRead([0..<2_000_000])
            let got = try readThrough(source, 0..<2_000_000)
            #expect(got == bytes)
            #expect(client.received == 2_000_000)
        }
    }

    @Test(arguments: SeededGenerator.seeds(6))
    func `any wishes, reads and settlings give the file's bytes`(seed: UInt64) throws {
        try with(2_000_000) { server, bytes in
            var random = SeededGenerator(seed: seed)
            let client = try HTTPClient(WebRig.quick)
            let source = try client.source(server.address("later/cut/200000"))
            for _ in 0..<60 {
                let start = Int64.random(in: 0..<2_000_000, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0:
                    let step = Int64.random(in: 100...300_000, using: &random)
                    source.willRead(
                        stride(from: start, to: 2_000_000, by: Int(2 * step)).map {
                            $0..<($0 + step)
                        })
                case 1: source.settle(below: start / 2)
                default:
                    let most = min(2_000_000 - start, 400_000)
                    let count = Int(Int64.random(in: 0...most, using: &random))
                    let got = try source.read(at: start, count: count)
                    #expect(got == Array(bytes[Int(start)..<Int(start) + count]), "seed \(seed)")
                }
            }
        }
    }

    @Test(arguments: ["flaky/503/2", "flaky/429/3/1", "flaky/408/1"])
    func `what passes is waited out`(_ mode: String) throws {
        try with { server, bytes in
            let client = try HTTPClient(WebRig.quick)
            let source = try client.source(server.address(mode))
            let got = try source.read(at: 1_000_000, count: 5000)
            #expect(got == Array(bytes[1_000_000..<1_005_000]))
            let whole = try client.get(server.address(mode + "/"), limit: 4 << 20)
            #expect(whole == bytes)
        }
    }

    @Test func `what does not pass ends after the attempts, and says how many`() throws {
        try with { server, _ in
            let client = try HTTPClient(WebRig.quick)
            let got = try fault { _ = try client.source(server.address("status/503")) }
            #expect(got.code == .network)
            #expect(got.message.contains("503") && got.message.contains("attempt 4"))
            let log = try asked(server)
            #expect(log.count(where: { $0.path == "/status/503" }) == 4)
        }
    }

    @Test func `a server that is gone ends in words, and coming back goes on`() throws {
        try withScratch { scratch in
            let bytes = WebRig.bytes(1_000_000, seed: 9)
            try scratch.replace("file", with: bytes)
            let server = try HostileServer(serving: scratch.path + "/file")
            let client = try HTTPClient(WebRig.quick)
            let source = try client.source(server.address("ok"))
            try server.stop()
            let got = try fault { _ = try source.read(at: 500_000, count: 10) }
            #expect(got.code == .network, "\(got)")
            #expect(try source.read(at: 10, count: 10) == Array(bytes[10..<20]))
            let nobody = try fault { _ = try client.source("http://nobody.invalid/x") }
            #expect(nobody.code == .network && nobody.message.contains("name"), "\(nobody)")
        }
    }

    @Test func `a server that drips is given up, and tried again`() throws {
        try with { server, bytes in
            var settings = WebRig.quick
            settings.lowSpeed = LowSpeed(bytesPerSecond: 50_000, time: .milliseconds(300))
            let client = try HTTPClient(settings)
            let source = try client.source(server.address("slow/1"))
            let got = try source.read(at: 0, count: 60_000)
            #expect(got == Array(bytes[..<60_000]))
            let never = try fault { _ = try client.source(server.address("slow/1000")) }
            #expect(never.code == .network && never.message.contains("bytes in"), "\(never)")
        }
    }

    @Test(arguments: ["silent", "slowhead"])
    func `an answer that does not begin in time is given up`(_ mode: String) throws {
        try with { server, _ in
            var settings = WebRig.quick
            settings.firstByteTimeout = .milliseconds(150)
            settings.backOff.attempts = 2
            let client = try HTTPClient(settings)
            let got = try fault { _ = try client.source(server.address(mode)) }
            #expect(got.code == .network && got.message.contains("did not answer"), "\(got)")
        }
    }

    @Test func `the deadline ends everything`() throws {
        try with { server, _ in
            var settings = WebRig.quick
            settings.deadline = .milliseconds(300)
            let client = try HTTPClient(settings)
            let got = try fault { _ = try client.source(server.address("silent")) }
            #expect(got.code == .network && got.message.contains("deadline"), "\(got)")
            let again = try fault { _ = try client.get(server.address("ok"), limit: 1) }
            #expect(again.message.contains("deadline"))
        }
    }

    @Test func `a tick that throws ends the wait, and the next read works`() throws {
        try with { server, bytes in
            var ticks = 0
            var stopping = false
            let client = try HTTPClient(WebRig.quick) { () throws(Fault) in
                ticks += 1
                if stopping, ticks >= 3 { throw Fault(.cancelled, "Stop.") }
            }
            let source = try client.source(server.address("later/slow/2"))
            source.willRead([1_000_000..<1_100_000])
            stopping = true
            ticks = 0
            let got = try fault { _ = try source.read(at: 1_000_000, count: 100_000) }
            #expect(got.code == .cancelled && ticks == 3)
            stopping = false
            let after = try source.read(at: 1_000_000, count: 100_000)
            #expect(after == Array(bytes[1_000_000..<1_100_000]))
            stopping = true
            let whole = try fault { _ = try client.get(server.address("silent"), limit: 10) }
            #expect(whole.code == .cancelled)
        }
    }

    @Test func `a pace lets through its bytes a second, and no more after a rest`() {
        let pace = Pace(100_000, at: .zero)
        var came = 0
        for moment in stride(from: 0, through: 10_000, by: 10) {
            while pace.isOpen(at: .milliseconds(moment)) {
                pace.take(3000)
                came += 3000
            }
        }
        #expect((1_000_000...1_020_000).contains(came))
        #expect(pace.wait(at: .seconds(10)) > .zero)
        #expect(pace.isOpen(at: .seconds(3600)))
        pace.take(100_000)
        let wait = pace.wait(at: .seconds(3600))
        #expect(wait > .milliseconds(800) && wait < .seconds(1))
        let free = Pace(nil)
        free.take(1 << 40)
        #expect(free.isOpen() && free.wait() == .zero)
    }

    @Test func `a wait grows to its bound, keeps a server's wish, and is the same by a seed`() {
        let backOff = BackOff(first: .seconds(1), maximum: .seconds(60), jitter: 0.5)
        #expect(backOff.wait(after: 1, chance: 0, wish: nil) == .seconds(1))
        #expect(backOff.wait(after: 4, chance: 0, wish: nil) == .seconds(8))
        #expect(backOff.wait(after: 4, chance: 1, wish: nil) == .seconds(4))
        #expect(backOff.wait(after: 1_000_000, chance: 0, wish: nil) == .seconds(60))
        #expect(backOff.wait(after: 1, chance: 0, wish: .seconds(30)) == .seconds(30))
        #expect(backOff.wait(after: 1, chance: 0, wish: .seconds(3600)) == .seconds(60))
        var first = Chance(seed: 5)
        var second = Chance(seed: 5)
        for _ in 0..<100 {
            let number = first.next()
            #expect(number == second.next() && (0...1).contains(number))
        }
    }
}

/// What a hostile server was asked: path, `Range`, `If-Range`.
func asked(
    _ server: HostileServer
) throws -> [(path: String, range: Range<Int64>, condition: String)] {
    let client = try HTTPClient(WebRig.quick)
    let text = try client.get(server.address("log"), limit: 1 << 20) ?? []
    return String(decoding: text, as: UTF8.self).split(separator: "\n").map { line in
        let fields = line.split(separator: "\t").map(String.init)
        let ends = fields[1].drop { $0 != "=" }.dropFirst().split(separator: "-")
            .compactMap { Int64($0) }
        let range = ends.count == 2 ? ends[0]..<(ends[1] + 1) : 0..<0
        return (fields[0], range, fields[2])
    }
}
