import Faults
import TestKit
import Testing

@testable import Transport

/// A small POST: what it answers, and that a handle which posted gets again afterwards.
@Suite struct PostTests {
    private let headers = ["Content-Type: application/pkcs10"]

    private func client(_ rig: WebRig) throws -> HTTPClient {
        var settings = rig.settings
        settings.certificate = ClientCertificate(
            certificate: rig.certificates.path("client"), key: rig.certificates.key("client"))
        return try HTTPClient(settings)
    }

    private func request(_ rig: WebRig) throws -> [UInt8] {
        let text = try runTool(
            "openssl",
            [
                "req", "-new", "-key", rig.certificates.key("client"), "-subj", "/CN=client",
                "-outform", "PEM",
            ])
        return Array(
            text.split(separator: "\n").filter { !$0.hasPrefix("-") }.joined(separator: "\n").utf8)
    }

    @Test func `answers, refusals and what comes later are told apart, on one client`() throws {
        try WebRig.with { rig in
            let responder = try ESTResponder(rig.certificates)
            let client = try client(rig)
            let body = try request(rig)
            func post(_ label: String, limit: Int = 100_000) throws -> PostAnswer {
                try client.post(
                    "\(responder.address)/.well-known/est/\(label)/simplereenroll", body: body,
                    headers: headers, limit: limit)
            }
            let good = try post("good")
            #expect(good.status == 200 && good.mediaType == "application/pkcs7-mime")
            #expect(good.contentType.contains("certs-only") && good.body.count > 300)
            let later = try post("later")
            #expect(later.status == 202 && later.retryAfter == .seconds(7200))
            #expect(later.body.isEmpty)
            // No body is left on the handle, nor its header.
            #expect(try client.get(responder.address + "/good", limit: 100) == Array("good".utf8))
            let refused = try fault { _ = try post("s409") }
            #expect(refused.code == .serverRefused && refused.cause == "Sorry, not today.")
            let away = try fault { _ = try post("away") }
            #expect(away.code == .serverRefused && away.message.contains("307"), "\(away)")
            let long = try fault { _ = try post("good", limit: 100) }
            #expect(long.code == .serverRefused && long.message.contains("100"), "\(long)")
            let empty = try fault {
                _ = try client.post(
                    responder.address + "/.well-known/est/simplereenroll", body: [],
                    headers: headers, limit: 100)
            }
            #expect(empty.message.contains("400"), "\(empty)")
        }
    }
}
