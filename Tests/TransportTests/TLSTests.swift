import DurableFiles
import Faults
import Install
import TestKit
import Testing

@testable import Transport

/// Certificates: each way to be wrong is told apart from the others, and none is tried again.
@Suite struct TLSTests {
    private func refusal(_ url: String, _ settings: TransferSettings) throws -> Fault {
        try fault { _ = try HTTPClient(settings).source(url) }
    }

    @Test func `a client certificate opens a server that asks for one`() throws {
        try WebRig.with { rig in
            let bytes = try rig.serve("file", 200_000)
            var options = WebServer.Options()
            options.clientAuthority = "ca"
            let server = try WebServer.start(serving: rig.root, rig.certificates, options)
            var settings = rig.settings
            let missing = try refusal(server.address("file"), settings)
            #expect(missing.code == .tls && missing.message.contains("none was shown"))
            settings.certificate = ClientCertificate(
                certificate: rig.certificates.path("client"), key: rig.certificates.key("client"))
            let source = try HTTPClient(settings).source(server.address("file"))
            let got = try source.read(at: 0, count: 200_000)
            #expect(got == bytes)
            #expect(try server.requests(atLeast: 3).last?.version == "HTTP/2.0")

            try rig.certificates.authority("other")
            try rig.certificates.certificate("stranger", names: "DNS:x", by: "other")
            settings.certificate = ClientCertificate(
                certificate: rig.certificates.path("stranger"),
                key: rig.certificates.key("stranger"))
            let stranger = try refusal(server.address("file"), settings)
            #expect(stranger.code == .tls && stranger.message.contains("does not accept"))
        }
    }

    @Test func `a client certificate that is missing or torn is this machine's fault`() throws {
        try WebRig.with { rig in
            let server = try WebServer.start(serving: rig.root, rig.certificates)
            let client = rig.certificates.path("client")
            try Directory.open(path: rig.root).replace("torn.key", with: Array("torn".utf8))
            for (certificate, key) in [
                (rig.root + "/none.pem", rig.certificates.key("client")),
                (client, rig.root + "/none.key"), (client, rig.root + "/torn.key"),
                (client, rig.certificates.key("server")),
            ] {
                var settings = rig.settings
                settings.certificate = ClientCertificate(certificate: certificate, key: key)
                let got = try refusal(server.address("file"), settings)
                #expect(got.code == .tls, "\(got)")
                #expect(got.message.contains("This machine's client certificate"), "\(got)")
            }
            // Nobody is asked for a passphrase.
            try runTool(
                "openssl",
                [
                    "ec", "-aes256", "-passout", "pass:secret", "-in",
                    rig.certificates.key("client"), "-out", rig.root + "/locked.key",
                ])
            var settings = rig.settings
            settings.certificate = ClientCertificate(
                certificate: client, key: rig.root + "/locked.key")
            let locked = try refusal(server.address("file"), settings)
            #expect(locked.code == .tls, "\(locked)")
        }
    }

    @Test func `unknown authority, other host, expired and not yet valid are told apart`() throws {
        try WebRig.with { rig in
            try rig.certificates.authority("other")
            try rig.certificates.certificate("elsewhere", names: "DNS:elsewhere.example")
            try rig.certificates.certificate(
                "expired", from: "20200101000000Z", until: "20200201000000Z")
            try rig.certificates.certificate(
                "early", from: "20980101000000Z", until: "20990101000000Z")
            var strangers = rig.settings
            strangers.authorities = rig.certificates.path("other")
            for (certificate, settings, words) in [
                ("server", strangers, "authority"), ("elsewhere", rig.settings, "host name"),
                ("expired", rig.settings, "has expired; this machine's clock says"),
                ("early", rig.settings, "not valid yet; this machine's clock says"),
            ] {
                let server = try WebServer.start(
                    serving: rig.root, rig.certificates, .init(certificate: certificate))
                let got = try refusal(server.address("file"), settings)
                #expect(got.code == .tls && got.message.contains(words), "\(got)")
                #expect(got.cause != nil)
            }
        }
    }

    @Test func `the authorities file alone counts, and must be one`() throws {
        try WebRig.with { rig in
            let server = try WebServer.start(serving: rig.root, rig.certificates)
            var settings = rig.settings
            settings.authorities = nil
            let system = try refusal(server.address("file"), settings)
            #expect(system.code == .tls && system.message.contains("authority"))
            settings.authorities = rig.root + "/none.pem"
            let none = try refusal(server.address("file"), settings)
            #expect(none.code == .tls && none.message.contains("cannot be used"), "\(none)")
        }
    }

    @Test func `a pinned key is held against the server's`() throws {
        try WebRig.with { rig in
            let bytes = try rig.serve("file", 1000)
            let server = try WebServer.start(serving: rig.root, rig.certificates)
            try runTool(
                "openssl",
                [
                    "pkey", "-in", rig.certificates.key("server"), "-pubout", "-out",
                    rig.root + "/pin.pem",
                ])
            var settings = rig.settings
            settings.pinnedPublicKey = rig.root + "/pin.pem"
            let source = try HTTPClient(settings).source(server.address("file"))
            #expect(try source.read(at: 0, count: 1000) == bytes)
            settings.pinnedPublicKey = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
            let other = try refusal(server.address("file"), settings)
            #expect(other.code == .tls && other.message.contains("pinned"))
        }
    }

    @Test func `a server without TLS, or with an old one, is told`() throws {
        try WebRig.with { rig in
            let plain = try WebServer.start(
                serving: rig.root, rig.certificates, .init(certificate: nil))
            let none = try refusal("https://127.0.0.1:\(plain.port)/file", rig.settings)
            #expect(none.code == .tls && none.message.contains("does not speak TLS"), "\(none)")
            _ = try rig.serve("file", 1000)
            let old = try HostileServer(
                serving: rig.root + "/file",
                tls: [rig.certificates.path("server"), rig.certificates.key("server"), "old"])
            let got = try refusal("https://127.0.0.1:\(old.port)/ok", rig.settings)
            #expect(got.code == .tls && got.message.contains("TLS 1.2"), "\(got)")
        }
    }

    @Test func `a server's alert about the client certificate is understood`() throws {
        try WebRig.with { rig in
            _ = try rig.serve("file", 1000)
            let server = try HostileServer(
                serving: rig.root + "/file",
                tls: [
                    rig.certificates.path("server"), rig.certificates.key("server"),
                    rig.certificates.path("ca"),
                ])
            let url = "https://127.0.0.1:\(server.port)/ok"
            let missing = try refusal(url, rig.settings)
            #expect(
                missing.code == .tls && missing.message.contains("client certificate"), "\(missing)"
            )
            try rig.certificates.authority("other")
            try rig.certificates.certificate("stranger", names: "DNS:x", by: "other")
            var settings = rig.settings
            settings.certificate = ClientCertificate(
                certificate: rig.certificates.path("stranger"),
                key: rig.certificates.key("stranger"))
            let stranger = try refusal(url, settings)
            #expect(
                stranger.code == .tls && stranger.message.contains("client certificate"),
                "\(stranger)")
        }
    }
}
