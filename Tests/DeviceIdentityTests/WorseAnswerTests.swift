import Faults
import Sealing
import TestKit
import Testing

@testable import DeviceIdentity

/// What a server or an authority gives is not taken where the machine is worse off with it.
@Suite struct WorseAnswerTests {
    @Test(arguments: [("short", 10 * IdentityRig.day), ("brief", 89 * IdentityRig.day)])
    func `a certificate that ends before the present one is refused, also by force`(
        label: String, until: Int64
    ) throws {
        try IdentityRig.with { rig in
            let old = try rig.enrol(from: -IdentityRig.day, until: until)
            let responder = try ESTResponder(rig.certificates)
            let got = try fault {
                _ = try rig.renew(try rig.surroundings(responder, label: label), force: true)
            }
            #expect(got.code == .tls && got.message.contains("before the present one"), "\(got)")
            #expect(got.message.contains(Moment.text(old.certificate.notAfter)), "\(got)")
            #expect(got.message.contains("ends at 20"), "\(got)")
            #expect(try rig.current() == old && rig.pending()?.chain == nil)
        }
    }

    @Test func `a certificate with less than an hour left is refused, also for a shorter one`()
        throws
    {
        try IdentityRig.with { rig in
            let old = try rig.enrol(until: 600)
            let responder = try ESTResponder(rig.certificates)
            let got = try fault {
                _ = try rig.renew(try rig.surroundings(responder, label: "brief"), force: true)
            }
            #expect(got.code == .tls && got.message.contains("less than an hour"), "\(got)")
            #expect(try rig.current() == old)
        }
    }

    @Test func `a worse certificate that came before is asked for anew`() throws {
        try IdentityRig.with { rig in
            try rig.enrol()
            let responder = try ESTResponder(rig.certificates)
            let directory = try IdentityDirectory.open(rig.home)
            let pending = try IdentityEnrolment(try rig.surroundings()).request(
                try DistinguishedName(IdentityRig.subject), in: directory, replacing: false)
            try rig.sign(pending, as: "came", until: 3 * IdentityRig.day)
            try directory.putPending(try rig.read(rig.certificates.path("came")))
            var steps: [String] = []
            guard
                case .renewed = try rig.renew(
                    try rig.surroundings(responder, tell: { steps.append($0.name) }))
            else {
                Issue.record("not renewed")
                return
            }
            #expect(steps == ["note", "enrolling", "received", "proved"])
        }
    }

    @Test func `a certificate for another subject is refused with both`() throws {
        try IdentityRig.with { rig in
            let old = try rig.enrol()
            let responder = try ESTResponder(rig.certificates)
            let got = try fault {
                _ = try rig.renew(try rig.surroundings(responder, label: "root"), force: true)
            }
            #expect(got.code == .tls && got.message.contains("“CN=root”"), "\(got)")
            #expect(got.message.contains("“\(IdentityRig.subject)”"), "\(got)")
            #expect(try rig.current() == old)
        }
    }

    @Test func `the configured subject is asked for, with a word where the current is another`()
        throws
    {
        try IdentityRig.with { rig in
            let old = try rig.enrol()
            let responder = try ESTResponder(rig.certificates)
            var notes: [String] = []
            let surroundings = try rig.surroundings(
                responder, subject: "CN=turbine-8,O=Example",
                tell: { if $0.name == "note" { notes.append($0.text) } })
            // This server keeps to RFC 7030: the subject must be the old one.
            let got = try fault { _ = try rig.renew(surroundings) }
            #expect(got.code == .serverRefused, "\(got)")
            #expect(try rig.pending()?.request.subject == "CN=turbine-8,O=Example")
            #expect(notes.count == 1 && notes[0].contains("CN=turbine-7"), "\(notes)")
            #expect(try rig.current() == old)
            // The same request goes out again; set back, it waits as a person's would.
            _ = try fault { _ = try rig.renew(surroundings) }
            let back = try fault { _ = try rig.renew(try rig.surroundings(responder)) }
            #expect(back.code == .configuration, "\(back)")
        }
    }

    @Test func `a person's import takes another subject only where that is said`() throws {
        try IdentityRig.with { rig in
            let nacelle = Program(rig: rig)
            try nacelle.configure()
            #expect(try nacelle("identity", "request", "-q").status == 0)
            let pending = try #require(try rig.pending())
            let tls = rig.certificates
            try runTool(
                "openssl",
                [
                    "x509", "-req", "-in", pending.path + "/request.pem", "-CA", tls.path("ca"),
                    "-CAkey", tls.key("ca"), "-days", "3", "-subj", "/CN=root", "-out",
                    tls.path("own"),
                ])
            let got = try nacelle("identity", "import", tls.path("own"))
            #expect(got.status == FaultCode.tls.exitStatus, "\(got.output)")
            #expect(
                got.output.contains("“CN=root”") && got.output.contains("“\(IdentityRig.subject)”")
                    && got.output.contains("--another-subject"), "\(got.output)")
            #expect(try rig.current() == nil && rig.pending() == pending)
            let taken = try nacelle("identity", "import", tls.path("own"), "--another-subject")
            #expect(taken.status == 0, "\(taken.output)")
            #expect(try rig.current()?.certificate.subject == "CN=root")
            let shown = try nacelle("identity")
            #expect(
                shown.output.contains("WARNING    The certificate is for another subject"),
                "\(shown.output)")
            let asked = try nacelle("identity", "request")
            #expect(
                asked.status == 0
                    && asked.output.contains("The current certificate is for CN=root"),
                "\(asked.output)")
        }
    }
}
