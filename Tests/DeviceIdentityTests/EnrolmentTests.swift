import DurableFiles
import Faults
import Sealing
import TestKit
import Testing

@testable import DeviceIdentity

/// Enrolment by hand: the request goes out, a person brings the certificate.
@Suite struct EnrolmentTests {
    private func request(
        _ rig: IdentityRig, _ subject: String = IdentityRig.subject, replacing: Bool = false
    ) throws -> PendingIdentity {
        let directory = try IdentityDirectory.openOrMake(rig.home, owner: nil)
        return try IdentityEnrolment(try rig.surroundings()).request(
            try DistinguishedName(subject), in: directory, replacing: replacing)
    }

    private func take(
        _ rig: IdentityRig, _ name: String, _ surroundings: IdentitySurroundings? = nil,
        proving: Bool = true
    ) throws -> IdentityEnrolment.Outcome {
        let directory = try IdentityDirectory.open(rig.home)
        let given = try surroundings ?? rig.surroundings()
        return try IdentityEnrolment(given).take(
            try rig.read(rig.certificates.path(name)), from: "The file \(name).pem", in: directory,
            proving: proving)
    }

    @Test func `a request waits until its certificate comes, and is the same each time`() throws {
        try IdentityRig.with { rig in
            let first = try request(rig)
            #expect(try request(rig) == first)
            #expect(try rig.current() == nil && rig.names() == ["pending"])
            #expect(try Directory.open(path: rig.home).info().mode == 0o700)
            #expect(try FilePlace.info(first.path + "/key.pem").mode == 0o600)
            try rig.sign(first, as: "own")
            guard case .accepted(let pair, provedAt: nil) = try take(rig, "own") else {
                Issue.record("not taken")
                return
            }
            #expect(try rig.current() == pair)
            #expect(try rig.names() == ["1", "current"])
            // Given again, nothing changes.
            #expect(try take(rig, "own") == .alreadyCurrent(pair))
        }
    }

    @Test func `another subject does not take a request's place unless that is said`() throws {
        try IdentityRig.with { rig in
            let first = try request(rig)
            let got = try fault { _ = try request(rig, "CN=turbine-8") }
            #expect(got.code == .configuration && got.advice.contains("--new"), "\(got)")
            #expect(try rig.pending() == first)
            let second = try request(rig, "CN=turbine-8", replacing: true)
            #expect(second.request.subject == "CN=turbine-8")
            let third = try request(rig, "CN=turbine-8", replacing: true)
            #expect(third.request != second.request)
            #expect(try rig.names() == ["pending"])
        }
    }

    @Test func `a certificate that cannot be this machine's is refused, and the request waits on`()
        throws
    {
        try IdentityRig.with { rig in
            let none = try fault { _ = try take(rig, "client") }
            #expect(none.code == .notFound)
            let old = try rig.enrol()
            let nothing = try fault { _ = try take(rig, "client") }
            #expect(nothing.code == .notFound && nothing.message.contains("No request"))
            let pending = try request(rig)
            let day = IdentityRig.day
            try rig.sign(pending, as: "expired", from: -9 * day, until: -day)
            try rig.sign(pending, as: "early", from: 9 * day, until: 99 * day)
            for (name, words) in [
                ("client", "another key"), ("expired", "has expired"),
                ("early", "not valid before"),
            ] {
                let got = try fault { _ = try take(rig, name) }
                #expect(got.code == .tls && got.message.contains(words), "\(got)")
                #expect(try rig.current() == old && rig.pending() == pending)
            }
            // Within an hour the authority's clock counts, not this one.
            try rig.sign(pending, as: "own", from: 1800)
            guard case .accepted = try take(rig, "own") else {
                Issue.record("not taken")
                return
            }
            #expect(try rig.current()?.generation == 2)
            try old.check()
        }
    }

    @Test func `where a server can prove it, a certificate must work before it is taken`() throws {
        try IdentityRig.with { rig in
            let responder = try ESTResponder(rig.certificates)
            try rig.certificates.authority("stranger")
            let pending = try request(rig)
            try rig.sign(pending, as: "bad", by: "stranger")
            try rig.sign(pending, as: "good")
            let proving = try rig.surroundings(responder)
            let got = try fault { _ = try take(rig, "bad", proving) }
            #expect(got.message.contains("was not taken") && got.advice.contains("--unproved"))
            #expect(try rig.current() == nil && rig.pending() == pending)
            guard case .accepted(_, provedAt: .some(let address)) = try take(rig, "good", proving)
            else {
                Issue.record("not taken")
                return
            }
            #expect(address.hasSuffix("/.well-known/est/cacerts"))
            // A person may know better.
            let again = try request(rig)
            try rig.sign(again, as: "bad", by: "stranger")
            guard
                case .accepted(_, provedAt: nil) = try take(rig, "bad", proving, proving: false)
            else {
                Issue.record("not taken unproved")
                return
            }
        }
    }

    @Test func `a person's request for another name is not swept away by a renewal`() throws {
        try IdentityRig.with { rig in
            let old = try rig.enrol()
            let pending = try request(rig, "CN=turbine-8")
            let responder = try ESTResponder(rig.certificates)
            let got = try fault { _ = try rig.renew(try rig.surroundings(responder)) }
            #expect(got.code == .configuration && got.message.contains("CN=turbine-8"), "\(got)")
            #expect(try rig.pending() == pending && rig.current() == old)
        }
    }

    @Test func `alternative names are asked for again`() throws {
        try IdentityRig.with { rig in
            let tls = rig.certificates
            let first = try request(rig)
            // An authority that adds a name.
            try Directory.open(path: rig.scratch).replace(
                "names", with: Array("subjectAltName=DNS:turbine-7.example\n".utf8))
            try runTool(
                "openssl",
                [
                    "x509", "-req", "-in", first.path + "/request.pem", "-CA", tls.path("ca"),
                    "-CAkey", tls.key("ca"), "-days", "3", "-extfile", rig.scratch + "/names",
                    "-out", tls.path("own"),
                ])
            guard case .accepted(let pair, _) = try take(rig, "own") else { return }
            let second = try request(rig)
            #expect(second.request.asksForSame(as: pair.certificate))
            #expect(!first.request.asksForSame(as: pair.certificate))
            let said = try runTool(
                "openssl", ["req", "-in", second.path + "/request.pem", "-noout", "-text"])
            #expect(said.contains("DNS:turbine-7.example"))
        }
    }
}
