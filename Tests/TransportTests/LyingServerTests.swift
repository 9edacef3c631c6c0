import DurableFiles
import Faults
import Install
import TestKit
import Testing

@testable import Transport

/// Servers that answer what no server may: each is refused, in words, within bounds.
@Suite struct LyingServerTests {
    private func with(
        _ count: Int = 300_000, _ body: (HostileServer, [UInt8]) throws -> Void
    ) throws {
        try withScratch { scratch in
            let bytes = WebRig.bytes(count, seed: 7)
            try scratch.replace("file", with: bytes)
            try body(try HostileServer(serving: scratch.path + "/file"), bytes)
        }
    }

    static let lies: [(mode: String, code: FaultCode)] = [
        ("otherstart", .serverRefused), ("otherend", .serverRefused), ("norange", .serverRefused),
        ("nototal", .serverRefused), ("nonsense", .serverRefused),
        ("longlength", .serverRefused), ("shortlength", .serverRefused),
        ("longbody", .serverRefused), ("shortchunks", .serverRefused),
        ("twolengths", .serverRefused), ("multipart", .serverRefused), ("gzip", .serverRefused),
        ("old", .serverRefused), ("garbage", .serverRefused), ("headers", .serverRefused),
        ("line", .serverRefused), ("interim", .serverRefused), ("trailers", .serverRefused),
        ("page", .serverRefused), ("status/401", .serverRefused), ("status/403", .serverRefused),
        ("status/404", .serverRefused), ("status/410", .serverRefused),
        ("status/416", .serverRefused), ("status/511", .serverRefused),
        ("errorpage", .serverRefused), ("status/204", .serverRefused),
        ("status/408", .network), ("status/425", .network), ("status/429", .network),
        ("status/500", .network), ("status/503", .network), ("shortbody", .network),
        ("drop", .network), ("reset", .network),
    ]

    @Test func `a lie in the first answer ends the opening`() throws {
        try with { server, _ in
            for lie in LyingServerTests.lies {
                let client = try HTTPClient(WebRig.quick)
                let got = try fault { _ = try client.source(server.address(lie.mode)) }
                #expect(got.code == lie.code, "\(lie.mode): \(got)")
                #expect(client.received < 500_000)
                // The client is as good as before.
                let after = try client.source(server.address("ok")).length()
                #expect(after == 300_000)
            }
        }
    }

    /// Lies that stand behind the last byte asked for: who has that byte may leave before seeing them.
    private static let afterTheLastByte: Set<String> = ["longbody", "trailers"]

    @Test func `a lie in a later answer ends the reading`() throws {
        let changes: [(mode: String, code: FaultCode)] = [
            ("othertotal", .serverChanged), ("othertag", .serverChanged),
            ("noranges", .serverChanged),
        ]
        try with { server, bytes in
            for lie in LyingServerTests.lies + changes {
                let client = try HTTPClient(WebRig.quick)
                let source = try client.source(server.address("later/" + lie.mode))
                #expect(try source.length() == 300_000)
                source.willRead([0..<300_000])
                do {
                    let got = try readThrough(source, 0..<300_000)
                    #expect(LyingServerTests.afterTheLastByte.contains(lie.mode), "\(lie.mode)")
                    #expect(got == bytes, "\(lie.mode)")
                } catch let got as Fault {
                    #expect(got.code == lie.code, "\(lie.mode): \(got)")
                }
                let head = try client.source(server.address("ok")).read(at: 0, count: 1000)
                #expect(head == Array(bytes[..<1000]))
            }
        }
    }

    @Test func `a lie is told where reading comes to it, however early it was seen`() throws {
        try with { server, bytes in
            for mode in ["longbody", "shortchunks"] {
                let client = try HTTPClient(WebRig.quick)
                let source = try client.source(server.address("later/" + mode))
                source.willRead([65536..<300_000])
                // The whole answer comes, and is refused, before anything of it is read.
                let asked = timeSinceBoot()
                while timeSinceBoot() - asked < .milliseconds(500) { source.settle(below: 65536) }
                let held = try source.read(at: 65536, count: 5)
                #expect(
                    held == (mode == "longbody" ? Array(bytes[65536..<65541]) : Array("hello".utf8))
                )
                let got = try fault { _ = try readThrough(source, 65541..<300_000) }
                #expect(got.code == .serverRefused, "\(mode): \(got)")
            }
        }
    }

    @Test func `a page in place of a file is called what it is`() throws {
        try with { server, _ in
            let client = try HTTPClient(WebRig.quick)
            let got = try fault { _ = try client.source(server.address("page")) }
            #expect(got.message.contains("captive portal"))
            let whole = try fault { _ = try client.get(server.address("page"), limit: 1000) }
            #expect(whole.message.contains("captive portal"))
        }
    }

    @Test func `no range, the numbers of both sides are in the words`() throws {
        try with { server, _ in
            let client = try HTTPClient(WebRig.quick)
            let source = try client.source(server.address("later/status/416"))
            let got = try fault { _ = try source.read(at: 100_000, count: 10) }
            #expect(got.message.contains("416") && got.message.contains("300000"))
        }
    }

    @Test func `a body without an end is cut at the limit`() throws {
        try with { server, _ in
            let client = try HTTPClient(WebRig.quick)
            let got = try fault { _ = try client.get(server.address("endless"), limit: 100_000) }
            #expect(got.code == .serverRefused)
            // The piece that passed the limit had come.
            #expect(client.received <= 100_000 + 16384)
            #expect(try client.get(server.address("errorpage"), limit: 100_000) == nil)
        }
    }

    @Test func `a whole file without its length cannot be a source`() throws {
        try with { server, _ in
            let client = try HTTPClient(WebRig.quick)
            let got = try fault { _ = try client.source(server.address("unsized")) }
            #expect(got.code == .serverRefused && got.message.contains("Content-Length"))
            #expect(try client.get(server.address("unsized"), limit: 10) == Array("hello".utf8))
        }
    }

    @Test(arguments: SeededGenerator.seeds(20))
    func `a head of any bytes is read within bounds`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var head = ResponseHead()
        let lines = [
            "HTTP/1.1 206 X\r\n", "HTTP/2 200\r\n", "HTTP/\r\n", "Content-Length: 5\r\n",
            "content-range: bytes 0-4/5\r\n", "ETag:\r\n", ":\r\n", "\r\n", "",
        ]
        var taken = 0
        for _ in 0..<5000 {
            var line = Array(lines.randomElement(using: &random)?.utf8 ?? "".utf8)
            if Bool.random(using: &random) { line += random.bytes(20) }
            let more = line.withUnsafeBytes { head.take($0) }
            taken += line.count
            if !more { break }
        }
        #expect(taken <= ResponseHead.longest + 64)
    }

    @Test(arguments: SeededGenerator.seeds(20))
    func `a content range of any text is true to itself or nothing`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let parts = ["bytes ", "0", "9", "12", "-", "/", "*", " ", "999999999999999999", "x"]
        for _ in 0..<500 {
            let text = (0..<8).compactMap { _ in parts.randomElement(using: &random) }.joined()
            guard let said = ContentRange("bytes " + text) else { continue }
            if let range = said.range { #expect(!range.isEmpty && range.lowerBound >= 0) }
            if let range = said.range, let total = said.total { #expect(range.upperBound <= total) }
        }
    }

    @Test func `a content range is taken in its two forms alone`() {
        #expect(ContentRange("bytes 0-4/5")?.range == 0..<5)
        #expect(ContentRange("Bytes 2-3/*")?.range == 2..<4)
        #expect(ContentRange("bytes */7")?.total == 7)
        for text in [
            "", "bytes", "bytes 0-4", "bytes 4-3/9", "bytes 0-9/9", "bytes -1-4/5", "bytes 0-4/5/6",
            "bytes 0-4/-5", "bytes */*", "bytes +0-4/5", "bytes 0x0-4/5", "items 0-4/5",
            "bytes 0-9999999999999999999/99999999999999999999", "bytes 0 - 4 / 5",
        ] {
            #expect(ContentRange(text) == nil, "\(text)")
        }
    }
}
