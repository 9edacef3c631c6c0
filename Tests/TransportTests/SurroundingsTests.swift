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
            var options = WebServer.Options()
            options.clientAuthority = "ca"
            let server = try WebServer.start(serving: rig.root, rig.certificates, options)
            func fetch(_ certificate: String, _ key: String) throws -> [UInt8]? {
                var settings = rig.settings
                settings.certificate = ClientCertificate(certificate: certificate, key: key)
                return try HTTPClient(settings).get(server.address("file"), limit: 1000)
            }
            let client = rig.certificates.path("client")
            let token = try TestToken(in: rig.certificates.directory)
            try token.put(key: rig.certificates.key("client"), as: "own", id: "01")
            try token.put(certificate: client, as: "own", id: "01")
            for (name, value) in token.environment { setenv(name, value, 1) }
            // First, because a token that was opened stays open for the process.
            let wrong = try fault { _ = try fetch(client, token.uri("own", pin: "wrong")) }
            #expect(wrong.code == .tls && wrong.message.contains("This machine's"), "\(wrong)")
            #expect(try fetch(client, token.uri("own")) == bytes)
            #expect(try fetch(token.uri("own", "cert"), token.uri("own")) == bytes)
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
