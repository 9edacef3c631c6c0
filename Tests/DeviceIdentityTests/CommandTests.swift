import DurableFiles
import Faults
import Glibc
import Processes
import Sealing
import TestKit
import Testing

@testable import DeviceIdentity

/// The commands as docs/identity.md shows them.
@Suite struct CommandTests {
    @Test func `from nothing to a renewed certificate, as the technician does it`() throws {
        try IdentityRig.with { rig in
            let responder = try ESTResponder(rig.certificates)
            let nacelle = Program(rig: rig)
            try nacelle.configure("est: \(responder.address)", "renew-before: 30")
            let nothing = try nacelle("identity")
            #expect(nothing.status == FaultCode.notFound.exitStatus)
            #expect(nothing.output.contains("nacelle identity request"), "\(nothing.output)")

            let asked = try nacelle("identity", "request", "-o", rig.scratch + "/turbine-7.csr")
            #expect(asked.status == 0 && asked.output.contains("CN=turbine-7"), "\(asked.output)")
            let csr = try FilePlace.read(rig.scratch + "/turbine-7.csr", limit: 10_000)
            let printed = try nacelle("identity", "request", "--quiet")
            #expect(Array(printed.output.utf8) == csr)
            let waiting = try nacelle("identity")
            #expect(waiting.status == 0 && waiting.output.contains("waits for its certificate"))

            try rig.certificates.sign(
                rig.scratch + "/turbine-7.csr", as: "turbine-7",
                from: IdentityRig.stamp(IdentityRig.now - IdentityRig.day),
                until: IdentityRig.stamp(IdentityRig.now + 80 * IdentityRig.day + 60))
            let taken = try nacelle("identity", "import", rig.certificates.path("turbine-7"))
            #expect(taken.status == 0 && taken.output.contains("is current"), "\(taken.output)")

            let shown = try nacelle("identity")
            for words in [
                "CN=turbine-7,O=Example", "issuer     CN=ca", "left       80 days",
                "key        \(rig.home)/1/key.pem", "pending    nothing", "over EST",
            ] { #expect(shown.output.contains(words), "\(words): \(shown.output)") }
            let early = try nacelle("identity", "renew")
            #expect(early.status == 0 && early.output.contains("nothing was done"))

            let renewed = try nacelle("identity", "renew", "--force", "--json")
            #expect(renewed.status == 0, "\(renewed.output)")
            let events = renewed.output.split(separator: "\n").compactMap {
                $0.firstMatch(of: /"event":"([a-z-]+)"/).map { String($0.1) }
            }
            #expect(events == ["requested", "enrolling", "received", "proved", "result"])
            #expect(renewed.output.contains(#""outcome":"renewed""#))
            let json = try nacelle("identity", "show", "--json")
            #expect(
                json.output.contains(#""generation":2"#)
                    && json.output.contains(#""renewalDue":false"#))
            let secret = try FilePlace.read(rig.home + "/2/key.pem", limit: 4096)
            let body = String(decoding: secret, as: UTF8.self).split(separator: "\n")[1]
            for answer in [asked, printed, taken, shown, renewed, json] {
                #expect(!answer.output.contains(body) && !answer.output.contains("PRIVATE"))
            }
        }
    }

    @Test func `by hand, offline, with a second thought`() throws {
        try IdentityRig.with { rig in
            let nacelle = Program(rig: rig)
            // An address where nobody is: a machine offline.
            try nacelle.configure("verify: https://127.0.0.1:9/")
            let first = try nacelle("identity", "request", "-o", rig.scratch + "/a.csr")
            #expect(first.status == 0, "\(first.output)")
            let before = try rig.pending()
            let second = try nacelle("identity", "request", "--new", "-o", rig.scratch + "/a.csr")
            #expect(second.status == 0, "\(second.output)")
            #expect(try rig.pending()?.request != before?.request)
            try rig.certificates.sign(
                rig.scratch + "/a.csr", as: "own",
                from: IdentityRig.stamp(IdentityRig.now - 9 * IdentityRig.day),
                until: IdentityRig.stamp(IdentityRig.now + IdentityRig.day))
            let own = rig.certificates.path("own")
            let proved = try nacelle("identity", "import", own)
            #expect(proved.status == FaultCode.network.exitStatus, "\(proved.output)")
            #expect(proved.output.contains("--unproved"), "\(proved.output)")
            let taken = try nacelle("identity", "import", own, "--unproved")
            #expect(taken.status == 0 && taken.output.contains("nothing has proved it"))
            // It is due, and no server renews it.
            let shown = try nacelle("identity")
            #expect(shown.output.contains("WARNING    The certificate is to be renewed now"))
            #expect(shown.output.contains("by hand"), "\(shown.output)")
            let renewed = try nacelle("identity", "renew")
            #expect(renewed.status == FaultCode.configuration.exitStatus, "\(renewed.output)")
        }
    }

    @Test func `the pair before comes back at once, and goes again`() throws {
        try IdentityRig.with { rig in
            let nacelle = Program(rig: rig)
            try nacelle.configure()
            let old = try rig.enrol()
            let none = try nacelle("identity", "rollback")
            #expect(none.status == FaultCode.nothingToRollBackTo.exitStatus, "\(none.output)")
            let responder = try ESTResponder(rig.certificates)
            guard case .renewed(_, let new) = try rig.renew(try rig.surroundings(responder)) else {
                return
            }
            let back = try nacelle("identity", "rollback")
            #expect(back.status == 0 && back.output.contains(old.certificate.serial))
            #expect(try rig.current()?.chain == old.chain)
            #expect(try rig.names() == ["2", "3", "current"])
            // As a crash between the two renames leaves it.
            try Directory.open(path: rig.home).replaceLink("current", target: "2")
            let finished = try nacelle("identity", "rollback", "--json")
            #expect(finished.status == 0, "\(finished.output)")
            #expect(try rig.current()?.chain == new.chain)
            #expect(try rig.names() == ["3", "4", "current"])
        }
    }

    @Test func `a renewal that is killed at any time leaves one whole pair current`() throws {
        try IdentityRig.with { rig in
            let responder = try ESTResponder(rig.certificates)
            let nacelle = Program(rig: rig)
            try nacelle.configure("est: \(responder.address)")
            try rig.enrol()
            var generation = 1
            for round in 0..<16 {
                try nacelle.kill(after: .milliseconds(25 * round), "identity", "renew", "--force")
                let current = try #require(try rig.current())
                #expect(current.generation >= generation)
                generation = current.generation
            }
            let last = try nacelle("identity", "renew", "--force")
            #expect(last.status == 0, "\(last.output)")
            let names = try rig.names()
            #expect(names.count == 3 && !names.contains { $0.hasPrefix(".") }, "\(names)")
        }
    }

    @Test func `as root everything belongs to the configured user, who can go on with it`() throws {
        try IdentityRig.with { rig in
            // Others enter the scratch directory, as they do /var/lib.
            for path in [rig.scratch, rig.certificates.directory] { chmod(path, 0o755) }
            let daemon = try UserAccount(named: "daemon")
            let responder = try ESTResponder(rig.certificates)
            let nacelle = Program(rig: rig)
            try nacelle.configure("est: \(responder.address)", user: "daemon")
            let asked = try nacelle("identity", "request", "-o", rig.scratch + "/a.csr")
            #expect(asked.status == 0, "\(asked.output)")
            #expect(try FilePlace.info(rig.scratch + "/a.csr").owner == 0)
            try rig.certificates.sign(
                rig.scratch + "/a.csr", as: "own",
                from: IdentityRig.stamp(IdentityRig.now - IdentityRig.day),
                until: IdentityRig.stamp(IdentityRig.now + IdentityRig.day))
            let taken = try nacelle("identity", "import", rig.certificates.path("own"))
            #expect(taken.status == 0, "\(taken.output)")
            let renewed = try nacelle("identity", "renew", "--force")
            #expect(renewed.status == 0, "\(renewed.output)")
            let home = try Directory.open(path: rig.home)
            #expect(try home.info().owner == daemon.user && home.info().mode == 0o700)
            for pair in ["1", "2"] {
                for name in ["key.pem", "certificate.pem", "request.pem"] {
                    let info = try FilePlace.info("\(rig.home)/\(pair)/\(name)")
                    #expect(info.owner == daemon.user && info.mode == 0o600, "\(pair)/\(name)")
                }
            }
        }
    }

    @Test func `what is fetched shows the identity, where nothing else is configured`() throws {
        try IdentityRig.with { rig in
            let pair = try rig.enrol()
            try Directory.open(path: rig.scratch).replace("file", with: [1, 2, 3])
            var options = WebServer.Options()
            options.clientAuthority = "ca"
            let server = try WebServer.start(serving: rig.scratch, rig.certificates, options)
            let nacelle = Program(rig: rig)
            try nacelle.configure()
            let without = try nacelle("install", server.address("none.nacelle"))
            // Without a root of trust it ends there; the server is asked before, or not at all.
            #expect(without.status != FaultCode.tls.exitStatus, "\(without.output)")
            chmod(pair.keyName, 0o640)
            let open = try nacelle("install", server.address("none.nacelle"))
            #expect(open.status == FaultCode.permission.exitStatus, "\(open.output)")
            chmod(pair.keyName, 0o600)
            let checked = try nacelle("config", "check")
            #expect(!checked.output.contains("client certificate"), "\(checked.output)")
            try Directory.open(path: pair.path).replace(
                "certificate.pem",
                with: FilePlace.read(rig.certificates.path("client"), limit: 10_000))
            let mixed = try nacelle("config", "check")
            #expect(mixed.output.contains("do not belong together"), "\(mixed.output)")
        }
    }

    @Test(arguments: [
        (["est-label: a"], "without “est”"), (["est: http://ca.example"], "https://HOST"),
        (["est: https://ca.example/path"], "https://HOST"), (["key: /etc/key.pem"], "pkcs11:"),
        (["key: \"pkcs11:object=a?pin-value=1234\""], "PIN"), (["renew-before: 0"], "renew-before"),
        (["verify: http://x"], "https"), (["certificate: /x"], "certificate"),
        (["est: https://ca.example", "est-label: a/b"], "label"),
    ])
    func `each mistake of the configuration is told with its place`(
        lines: [String], words: String
    ) throws {
        try IdentityRig.with { rig in
            let nacelle = Program(rig: rig)
            try nacelle.configure()
            let file = try FilePlace.read(nacelle.configuration, limit: 10_000)
            try Directory.open(path: rig.scratch).replace(
                "config.yaml", with: file + Array(lines.map { "  \($0)\n" }.joined().utf8))
            for command in ["show", "request", "renew"] {
                let got = try nacelle("identity", command)
                #expect(got.status == FaultCode.configuration.exitStatus, "\(got.output)")
                #expect(
                    got.output.contains(words) && got.output.contains("config.yaml:"),
                    "\(got.output)")
                #expect(!got.output.contains("1234"))
            }
            #expect(access(rig.home, F_OK) != 0)
        }
    }

    @Test func `without a configured identity the commands say so`() throws {
        try IdentityRig.with { rig in
            let nacelle = Program(rig: rig)
            try Directory.open(path: rig.scratch).replace(
                "config.yaml", with: Array("machine: a\nroot: /none\n".utf8))
            let got = try nacelle("identity")
            #expect(got.status == FaultCode.configuration.exitStatus)
            #expect(got.output.contains("configures no identity"), "\(got.output)")
        }
    }

    @Test func `files that are no certificates, or not there, change nothing`() throws {
        try IdentityRig.with { rig in
            let nacelle = Program(rig: rig)
            try nacelle.configure()
            #expect(try nacelle("identity", "request", "-q").status == 0)
            let before = try rig.pending()
            try Directory.open(path: rig.scratch).replace(
                "huge", with: [UInt8](repeating: 0x41, count: 300_000))
            for (file, code) in [
                (rig.scratch + "/none", FaultCode.notFound), (rig.scratch, .notFound),
                (rig.scratch + "/huge", .malformed), (nacelle.configuration, .tls),
                (rig.certificates.key("client"), .tls), (rig.certificates.path("client"), .tls),
            ] {
                let got = try nacelle("identity", "import", file)
                #expect(got.status == code.exitStatus, "\(file): \(got.output)")
                #expect(!got.output.contains("PRIVATE"))
                #expect(try rig.pending() == before && rig.current() == nil)
            }
        }
    }
}
