import DurableFiles
import Faults
import Install
import StrictJSON
import TestKit
import Testing
import Transport

@testable import Fleet

/// Who this machine is, and who gets to know it.
@Suite struct TokenTests {
    private func secure(
        demanding: Bool = false, _ body: (FleetRig, TestCertificates) throws -> Void
    ) throws {
        try withScratch { scratch in
            for name in ["outbox", "files", "tls"] { _ = try scratch.make(name, mode: 0o700) }
            let certificates = try TestCertificates(in: scratch.path + "/tls")
            let double = try DDIDouble(certificates, demandsCertificate: demanding)
            let rig = try FleetRig(scratch.path, double)
            rig.settings.allowPlainHTTP = false
            rig.settings.authorities = certificates.path("ca")
            try body(rig, certificates)
        }
    }

    private func authorizations(_ rig: FleetRig, _ path: String) throws -> [String?] {
        guard case .array(let log)? = try rig.double.seen()["log"] else { return [] }
        return log.compactMap { entry -> String?? in
            guard case .string(let asked)? = entry["path"], asked.contains(path) else { return nil }
            if case .string(let text)? = entry["authorization"] { return .some(text) }
            return .some(nil)
        }
    }

    @Test(arguments: ["TargetToken", "GatewayToken"])
    func `a token opens the server, and stands in no message`(scheme: String) throws {
        try secure { rig, _ in
            try rig.script(#""token": "\#(scheme) s3cr3t""#)
            let closed = try fault { try rig.contact() }
            #expect(closed.message.contains("does not let this machine in"), "\(closed)")
            #expect(closed.cause == "The token is not right.")
            let wrong = try Credential("\(scheme) wr0ng", for: rig.server.origin)
            rig.settings.credential = wrong
            let refused = try fault { try rig.contact() }
            #expect(!"\(refused)\(wrong)".contains("wr0ng"))
            rig.settings.credential = try Credential("\(scheme) s3cr3t", for: rig.server.origin)
            #expect(try rig.contact().finding == .nothing)
        }
    }

    @Test func `mutual TLS opens a server without any token`() throws {
        try secure(demanding: true) { rig, certificates in
            try rig.script()
            let closed = try fault { try rig.contact() }
            // The server may reset the connection before its alert arrives.
            #expect([.tls, .network].contains(closed.code), "\(closed)")
            rig.settings.certificate = ClientCertificate(
                certificate: certificates.path("client"), key: certificates.key("client"))
            #expect(try rig.contact().finding == .nothing)
        }
    }

    @Test func `files on another host are fetched without the token`() throws {
        try secure { rig, certificates in
            let store = try DDIDouble(certificates)
            try store.script(#"{"root": "\#(rig.place)/files"}"#)
            try rig.serve("a.nacelle", bytes("0123456789"))
            rig.settings.credential = try Credential("TargetToken s3cr3t", for: rig.server.origin)
            for (host, isOwn) in [(rig.double, true), (store, false)] {
                try rig.script(
                    FleetRig.deployment(
                        file: #"{"file": "a.nacelle", "href": "\#(host.address)/files/a.nacelle"}"#)
                )
                guard case .offer(let offer) = try rig.contact().finding else {
                    Issue.record("no offer")
                    return
                }
                let shelf = try OfferShelf(offer, HTTPClient(rig.settings))
                let source = try shelf.bundle()
                let got = try source.read(at: 0, count: 10)
                #expect(got == bytes("0123456789"))
                guard case .array(let log)? = try host.seen()["log"] else { return }
                let files = log.filter {
                    if case .string(let path)? = $0["path"] {
                        path.hasPrefix("/files")
                    } else {
                        false
                    }
                }
                #expect(!files.isEmpty)
                for entry in files {
                    #expect(
                        entry["authorization"]
                            == (isOwn ? .string("TargetToken s3cr3t") : .null))
                }
            }
        }
    }

    @Test func `a redirect to another host takes no token along`() throws {
        try secure { rig, certificates in
            let store = try DDIDouble(certificates)
            try store.script(#"{"root": "\#(rig.place)/files"}"#)
            try rig.serve("a.nacelle", bytes("0123456789"))
            rig.settings.credential = try Credential("TargetToken s3cr3t", for: rig.server.origin)
            let away =
                #"{"match": "GET /files/.*", "times": 9, "status": 302, "location": "\#(store.address)/files/a.nacelle"}"#
            try rig.script(
                FleetRig.deployment(file: #"{"file": "a.nacelle"}"#) + #", "troubles": [\#(away)]"#)
            guard case .offer(let offer) = try rig.contact().finding else {
                Issue.record("no offer")
                return
            }
            let source = try OfferShelf(offer, HTTPClient(rig.settings)).bundle()
            let got = try source.read(at: 0, count: 10)
            #expect(got == bytes("0123456789"))
            guard case .array(let log)? = try store.seen()["log"] else { return }
            #expect(log.count >= 1)
            for entry in log { #expect(entry["authorization"] == .null) }
            #expect(try authorizations(rig, "/files/").allSatisfy { $0 == "TargetToken s3cr3t" })
        }
    }

    @Test func `reports are not sent after a redirect`() throws {
        try secure { rig, certificates in
            let other = try DDIDouble(certificates)
            try other.script("{}")
            try rig.script()
            try rig.contact()
            let away =
                #"{"match": "PUT .*", "times": 9, "status": 307, "location": "\#(other.address)/x"}"#
            try rig.script(#""troubles": [\#(away)]"#)
            rig.attributes[2].1 = "2"
            let problems = try rig.contact().problems
            #expect(problems.count == 1 && problems[0].contains("307"), "\(problems)")
            #expect(try other.seen()["log"] == .array([]))
        }
    }

    @Test func `one origin is one however it is written, and others are others`() throws {
        let origin = try WebOrigin("https://Hawkbit.Example/DEFAULT")
        #expect(try origin == WebOrigin("https://hawkbit.example:443/other?x"))
        for text in [
            "https://hawkbit.example:8443/", "http://hawkbit.example/", "https://evil.example/",
            "https://hawkbit.example.evil/", "https://[::1]/", "http://hawkbit.example:443/",
        ] {
            #expect(try WebOrigin(text) != origin, "\(text)")
        }
        #expect(try WebOrigin("https://[::1]:7/") == WebOrigin("https://[::1]:7"))
        #expect(try WebOrigin("https://[::1]/").port == 443)
        for value in ["", "a\r\nX: y", "é", String(repeating: "x", count: 600)] {
            #expect(try fault { _ = try Credential(value, for: origin) }.code == .configuration)
        }
    }
}
