import DurableFiles
import Faults
import TestKit
import Testing

@testable import DeviceIdentity

/// A key that stays in its token, here SoftHSM: requests, TLS and renewal go by its URI.
///
/// By the program, since a loaded token module belongs to its process.
@Suite struct TokenTests {
    @Test(arguments: ["EC:prime256v1", "RSA:2048"])
    func `a key in a token enrols, renews and stays where it is`(kind: String) throws {
        try IdentityRig.with { rig in
            let responder = try ESTResponder(rig.certificates)
            let token = try TestToken(in: rig.scratch)
            try token.makeKey(kind, as: "own", id: "01")
            let nacelle = Program(rig: rig, environment: token.environment)
            let uri = token.uri("own")
            try nacelle.configure("est: \(responder.address)", "key: \"\(uri)\"")
            let asked = try nacelle("identity", "request")
            #expect(asked.status == 0, "\(asked.output)")
            try rig.sign(try #require(try rig.pending()), as: "own", until: 9 * IdentityRig.day)
            let taken = try nacelle("identity", "import", rig.certificates.path("own"))
            #expect(taken.status == 0 && taken.output.contains("it worked at"), "\(taken.output)")
            let shown = try nacelle("identity")
            #expect(
                shown.status == 0 && shown.output.contains("key        \(uri)"), "\(shown.output)")
            let renewed = try nacelle("identity", "renew", "--force")
            #expect(renewed.status == 0, "\(renewed.output)")
            #expect(renewed.output.contains("pair 2 is current"), "\(renewed.output)")
            #expect(
                try Directory.open(path: rig.home + "/2").names() == [
                    "certificate.pem", "key.uri", "request.pem",
                ])
            let checked = try nacelle("config", "check")
            #expect(!checked.output.contains("identity"), "\(checked.output)")
            // From the token to a new key in a file, by a renewal.
            try nacelle.configure("est: \(responder.address)")
            let moved = try nacelle("identity", "renew", "--force")
            #expect(moved.status == 0, "\(moved.output)")
            #expect(try FilePlace.info(rig.home + "/3/key.pem").mode == 0o600)
        }
    }

    @Test func `a token that is missing, locked, or of no use is one clear fault`() throws {
        try IdentityRig.with { rig in
            let token = try TestToken(in: rig.scratch)
            try token.makeKey("EC:prime256v1", as: "own", id: "01")
            try token.makeKey("RSA:1024", as: "small", id: "02")
            let nacelle = Program(rig: rig, environment: token.environment)
            for uri in [
                token.uri("own", pin: "wrong"), token.uri("other"), token.uri("small"),
                token.uri("own", pin: "none"), "pkcs11:token=device;object=own;type=private",
                "pkcs11:token=elsewhere;object=own;type=private", "pkcs11:",
                "pkcs11:nonsense=1?pin-source=file:\(token.home)/pin",
            ] {
                try nacelle.configure("key: \"\(uri)\"")
                let got = try nacelle("identity", "request")
                #expect(got.status == FaultCode.keys.exitStatus, "\(uri): \(got.output)")
                #expect(!got.output.contains("1234"))
                for raw in ["Login failed", "returned NULL", "PKCS11_"] {
                    #expect(!got.output.contains("\n" + raw) && !got.output.hasPrefix(raw))
                }
                #expect(try rig.pending() == nil)
            }
        }
    }

    @Test func `what is there says when the key cannot be opened in its token`() throws {
        try IdentityRig.with { rig in
            let token = try TestToken(in: rig.scratch)
            try token.makeKey("EC:prime256v1", as: "own", id: "01")
            let nacelle = Program(rig: rig, environment: token.environment)
            try nacelle.configure("key: \"\(token.uri("own"))\"")
            #expect(try nacelle("identity", "request", "-q").status == 0)
            try rig.sign(try #require(try rig.pending()), as: "own")
            let taken = try nacelle("identity", "import", rig.certificates.path("own"))
            #expect(taken.status == 0, "\(taken.output)")
            let well = try nacelle("identity")
            #expect(well.status == 0 && !well.output.contains("WARNING"), "\(well.output)")
            let home = try Directory.open(path: token.home)
            try home.replace("pin", with: Array("9999".utf8), mode: 0o600)
            let wrong = try nacelle("identity")
            #expect(
                wrong.status == 0 && wrong.output.contains("cannot be opened in its token"),
                "\(wrong.output)")
            #expect(!wrong.output.contains("9999"))
            try home.remove("pin")
            let missing = try nacelle("identity")
            #expect(
                missing.status == 0
                    && missing.output.contains("\(token.home)/pin, which is to hold"),
                "\(missing.output)")
        }
    }
}
