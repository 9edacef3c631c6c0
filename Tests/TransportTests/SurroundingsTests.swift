import DurableFiles
import Faults
import Glibc
import Install
import TestKit
import Testing

@testable import Transport

/// What comes from the machine: tokens and the environment.
///
/// One after the other, because the environment is the process's.
@Suite(.serialized) struct SurroundingsTests {
    @Test func `key and certificate in a PKCS 11 token open a server`() throws {
        try WebRig.with { rig in
            let bytes = try rig.serve("file", 1000)
            let home = rig.certificates.directory
            let folder = try Directory.open(path: home)
            _ = try folder.make("tokens", mode: 0o700)
            let settings = "directories.tokendir = \(home)/tokens\nobjectstore.backend = file\n"
            try folder.replace("softhsm2.conf", with: Array(settings.utf8))
            try folder.replace("pin", with: Array("1234".utf8), mode: 0o600)
            try folder.replace("wrong", with: Array("9999".utf8), mode: 0o600)
            let environment = ["SOFTHSM2_CONF": home + "/softhsm2.conf"]
            let token = ["--token", "device", "--pin", "1234"]
            try runTool(
                "softhsm2-util",
                [
                    "--init-token", "--free", "--label", "device", "--pin", "1234", "--so-pin",
                    "5678",
                ],
                environment: environment)
            try runTool(
                "softhsm2-util",
                ["--import", rig.certificates.key("client"), "--label", "own", "--id", "01"]
                    + token,
                environment: environment)
            try runTool(
                "openssl",
                [
                    "x509", "-in", rig.certificates.path("client"), "-outform", "DER", "-out",
                    home + "/client.der",
                ])
            try runTool(
                "pkcs11-tool",
                [
                    "--module", "/usr/lib/softhsm/libsofthsm2.so", "--token-label", "device",
                    "--login", "--pin", "1234", "--write-object", home + "/client.der", "--type",
                    "cert", "--label", "own", "--id", "01",
                ], environment: environment)
            setenv("SOFTHSM2_CONF", home + "/softhsm2.conf", 1)

            var options = WebServer.Options()
            options.clientAuthority = "ca"
            let server = try WebServer.start(serving: rig.root, rig.certificates, options)
            func fetch(_ certificate: String, _ key: String) throws -> [UInt8]? {
                var settings = rig.settings
                settings.certificate = ClientCertificate(certificate: certificate, key: key)
                return try HTTPClient(settings).get(server.address("file"), limit: 1000)
            }
            let uri = "pkcs11:token=device;object=own;type="
            let pin = "?pin-source=file:\(home)/pin"
            // First, because a token that was opened stays open for the process.
            let wrong = try fault {
                _ = try fetch(
                    rig.certificates.path("client"),
                    uri + "private?pin-source=file:\(home)/wrong")
            }
            #expect(wrong.code == .tls && wrong.message.contains("This machine's"), "\(wrong)")
            #expect(try fetch(rig.certificates.path("client"), uri + "private" + pin) == bytes)
            #expect(try fetch(uri + "cert" + pin, uri + "private" + pin) == bytes)
        }
    }

    @Test func `the environment's proxy counts where that is configured, and else does not`()
        throws
    {
        try WebRig.with { rig in
            let bytes = try rig.serve("file", 1000)
            let server = try WebServer.start(serving: rig.root, rig.certificates)
            let proxy = try HostileServer(serving: rig.root + "/file")
            setenv("https_proxy", "http://127.0.0.1:\(proxy.port)", 1)
            defer { unsetenv("https_proxy") }
            func tunnels(_ choice: ProxyChoice) throws -> Int {
                var settings = rig.settings
                settings.proxy = choice
                let got = try HTTPClient(settings).get(server.address("file"), limit: 1000)
                #expect(got == bytes)
                return try asked(proxy).count(where: { $0.path.hasPrefix("CONNECT") })
            }
            #expect(try tunnels(.none) == 0)
            #expect(try tunnels(.environment) == 1)
        }
    }
}
