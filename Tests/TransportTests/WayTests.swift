import DurableFiles
import Faults
import Install
import TestKit
import Testing

@testable import Transport

/// The way to a server: addresses, redirects, proxies, protocols.
@Suite struct WayTests {
    @Test func `plain HTTP is refused in words unless allowed`() throws {
        try WebRig.with { rig in
            let bytes = try rig.serve("file", 1000)
            let server = try WebServer.start(
                serving: rig.root, rig.certificates, .init(certificate: nil))
            var settings = rig.settings
            settings.allowPlainHTTP = false
            let client = try HTTPClient(settings)
            let got = try fault { _ = try client.get(server.address("file"), limit: 1000) }
            #expect(got.code == .configuration && got.message.contains("plain HTTP"))
            settings.allowPlainHTTP = true
            #expect(try HTTPClient(settings).get(server.address("file"), limit: 1000) == bytes)
        }
    }

    @Test func `redirects lead from HTTPS to HTTPS, a few times`() throws {
        try WebRig.with { rig in
            let bytes = try rig.serve("file", 200_000)
            let other = try WebServer.start(serving: rig.root, rig.certificates)
            var options = WebServer.Options()
            options.extra = """
                location /moved { return 302 \(other.address("file")); }
                location /signed { return 307 \(other.address("file"))?token=secret; }
                location /plain { return 301 http://127.0.0.1:1/file?token=secret; }
                location /round { return 302 /round; }
                location /ftp { return 302 ftp://127.0.0.1/file; }
                """
            let server = try WebServer.start(serving: rig.root, rig.certificates, options)
            let client = try HTTPClient(rig.settings)
            for path in ["moved", "signed"] {
                let source = try client.source(server.address(path))
                #expect(source.name == server.address(path))
                let got = try source.read(at: 0, count: 200_000)
                #expect(got == bytes)
            }
            // Later ranges are asked for where the first came from.
            #expect(try server.requests(atLeast: 2).count == 2)
            let plain = try fault { _ = try client.source(server.address("plain")) }
            #expect(plain.code == .serverRefused && plain.message.contains("captive portal"))
            #expect(!plain.description.contains("secret"))
            let round = try fault { _ = try client.source(server.address("round")) }
            #expect(round.code == .serverRefused && round.message.contains("5"))
            #expect(try server.requests(atLeast: 9).count == 9)
            let ftp = try fault { _ = try client.source(server.address("ftp")) }
            #expect(ftp.code == .serverRefused)
        }
    }

    @Test func `a redirected address that ran out is asked for anew`() throws {
        try WebRig.with { rig in
            let bytes = try rig.serve("file", 600_000)
            let server = try HostileServer(
                serving: rig.root + "/file",
                tls: [rig.certificates.path("server"), rig.certificates.key("server")])
            let client = try HTTPClient(rig.settings)
            let source = try client.source(server.secureAddress("lease"))
            for start in [100_000, 200_000, 300_000, 400_000, 500_000] {
                let got = try source.read(at: Int64(start), count: 1000)
                #expect(got == Array(bytes[start..<start + 1000]))
            }
            let text = try client.get(server.secureAddress("log"), limit: 10_000) ?? []
            let paths = String(decoding: text, as: UTF8.self).split(separator: "\n")
                .map { $0.prefix { $0 != "\t" } }
            // Two requests by each address, then the original is asked again.
            #expect(paths.count { $0 == "/lease" } == 3)
            #expect(paths.count { $0.hasPrefix("/leased") } == 8)
        }
    }

    @Test func `a proxy is used where one is named, and not for excepted hosts`() throws {
        try WebRig.with { rig in
            let bytes = try rig.serve("file", 200_000)
            let server = try WebServer.start(serving: rig.root, rig.certificates)
            let proxy = try HostileServer(serving: rig.root + "/file")
            var settings = rig.settings
            settings.proxy = .server("http://127.0.0.1:\(proxy.port)")
            let through = try HTTPClient(settings).source(server.address("file"))
            let got = try through.read(at: 0, count: 200_000)
            #expect(got == bytes)
            let tunnels = try asked(proxy).filter { $0.path.hasPrefix("CONNECT") }
            #expect(tunnels.map(\.path) == ["CONNECT 127.0.0.1:\(server.port)"])
            settings.proxy = .server("http://127.0.0.1:\(proxy.port)", except: ["127.0.0.1"])
            _ = try HTTPClient(settings).source(server.address("file"))
            #expect(try asked(proxy).count(where: { $0.path.hasPrefix("CONNECT") }) == 1)
            settings.proxy = .server("http://user:secret@127.0.0.1:\(proxy.port)")
            let client = try HTTPClient(settings)
            let refused = try fault { _ = try client.source("https://refused.example/x") }
            #expect(refused.code == .serverRefused && refused.message.contains("proxy"))
            #expect(!refused.description.contains("secret"))
        }
    }

    @Test func `IPv6 works, and a version that the host lacks does not`() throws {
        try WebRig.with { rig in
            let bytes = try rig.serve("file", 1000)
            var options = WebServer.Options()
            options.onIPv6 = true
            let server = try WebServer.start(serving: rig.root, rig.certificates, options)
            var settings = rig.settings
            settings.ipVersion = .six
            #expect(try HTTPClient(settings).get(server.address("file"), limit: 1000) == bytes)
            settings.ipVersion = .four
            let client = try HTTPClient(settings)
            let got = try fault { _ = try client.get(server.address("file"), limit: 1000) }
            #expect(got.code == .network, "\(got)")
        }
    }

    @Test func `a small file comes with its tag, and none is nothing`() throws {
        try WebRig.with { rig in
            let bytes = try rig.serve("file", 5000)
            _ = try rig.serve("empty", 0)
            let server = try WebServer.start(serving: rig.root, rig.certificates)
            let client = try HTTPClient(rig.settings)
            let file = try client.file(server.address("file"), limit: 5000)
            #expect(file?.bytes == bytes)
            #expect(file?.entityTag?.hasPrefix("\"") == true)
            #expect(try client.get(server.address("none"), limit: 10) == nil)
            #expect(try client.get(server.address("empty"), limit: 10) == [])
            let long = try fault { _ = try client.get(server.address("file"), limit: 4999) }
            #expect(long.code == .serverRefused && long.message.contains("5000"))
            #expect(client.received < 6000 + 1000)
            let empty = try client.source(server.address("empty"))
            #expect(try empty.length() == 0)
            #expect(empty.plannedBytes([0..<10]) == 0)
            empty.willRead([0..<10])
            let past = try fault { _ = try empty.read(at: 0, count: 1) }
            #expect(past.code == .malformed)
        }
    }

    @Test func `a capped client still gets every byte`() throws {
        try WebRig.with { rig in
            let bytes = try rig.serve("file", 300_000)
            let server = try WebServer.start(serving: rig.root, rig.certificates)
            var settings = rig.settings
            settings.bytesPerSecond = 500_000
            settings.lowSpeed = LowSpeed(bytesPerSecond: 1 << 30, time: .milliseconds(100))
            let source = try HTTPClient(settings).source(server.address("file"))
            source.willRead([0..<300_000])
            let got = try readThrough(source, 0..<300_000)
            #expect(got == bytes)
        }
    }

    @Test func `settings that cannot be worked with are refused before anything is asked`() {
        let changes: [(inout TransferSettings) -> Void] = [
            { $0.parallel = 0 }, { $0.parallel = 1000 }, { $0.requestSize = 1...10 },
            { $0.requestSize = 4096...(1 << 30) }, { $0.gap = -1 }, { $0.redirects = -1 },
            { $0.backOff.attempts = 0 }, { $0.backOff.jitter = 2 }, { $0.backOff.jitter = .nan },
            { $0.backOff.factor = .infinity }, { $0.backOff.first = .seconds(-1) },
            { $0.connectTimeout = .zero }, { $0.deadline = .seconds(Int64.max) },
            { $0.bytesPerSecond = 0 }, { $0.lowSpeed.bytesPerSecond = -1 },
            { $0.proxy = .server("ftp://x") }, { $0.proxy = .server("http://x y") },
            { $0.proxy = .server("http://x", except: ["a,b"]) },
            { $0.certificate = ClientCertificate(certificate: "", key: "k") },
            { $0.certificate = ClientCertificate(certificate: "c", key: "a\0b") },
            {
                $0.certificate = ClientCertificate(
                    certificate: "c", key: "pkcs11:token=t?pin-value=1234")
            },
        ]
        for change in changes {
            var settings = TransferSettings()
            change(&settings)
            let fault = #expect(throws: Fault.self) { _ = try HTTPClient(settings) }
            #expect(fault?.code == .configuration)
        }
    }
}
