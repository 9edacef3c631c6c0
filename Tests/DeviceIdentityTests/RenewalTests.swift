import DurableFiles
import Faults
import Sealing
import TestKit
import Testing
import Transport

@testable import DeviceIdentity

/// Renewal over EST against a server that demands client certificates.
@Suite struct RenewalTests {
    @Test func `a certificate that is due is renewed with a new key, proved, and swapped`() throws {
        try IdentityRig.with { rig in
            let old = try rig.enrol()
            let responder = try ESTResponder(rig.certificates)
            var steps: [String] = []
            let outcome = try rig.renew(
                try rig.surroundings(responder, tell: { steps.append($0.name) }))
            guard case .renewed(from: old, let new) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(steps == ["requested", "enrolling", "received", "proved"])
            #expect(try rig.current() == new)
            #expect(new.generation == 2 && new.certificate.subject == IdentityRig.subject)
            #expect(new.certificate.notAfter > old.certificate.notAfter)
            #expect(try rig.names() == ["1", "2", "current"])
            // The old pair stays whole; the key is another.
            try old.check()
            #expect(
                try FilePlace.read(old.keyName, limit: 4096)
                    != FilePlace.read(new.keyName, limit: 4096))
            for file in ["key.pem", "certificate.pem", "request.pem"] {
                #expect(try FilePlace.info("\(new.path)/\(file)").mode == 0o600)
            }
            // The EST server saw the old certificate, then the new one.
            let log = try log(rig, responder, new)
            #expect(log.count == 2)
            #expect(log[0].hasPrefix("POST /.well-known/est/simplereenroll serial="))
            #expect(log[0].lowercased().hasSuffix(old.certificate.serial))
            #expect(log[1].hasPrefix("GET /.well-known/est/cacerts"))
            #expect(log[1].lowercased().hasSuffix(new.certificate.serial))
        }
    }

    @Test func `before its time nothing is done, unless it is forced`() throws {
        try IdentityRig.with { rig in
            try rig.enrol(from: -IdentityRig.day, until: 90 * IdentityRig.day)
            let responder = try ESTResponder(rig.certificates)
            guard case .notDue(let pair, let term) = try rig.renew(try rig.surroundings(responder))
            else {
                Issue.record("renewed before its time")
                return
            }
            #expect(pair.generation == 1 && (89...90).contains(term.daysLeft(at: IdentityRig.now)))
            #expect(try rig.names() == ["1", "current"])
            guard case .renewed = try rig.renew(try rig.surroundings(responder), force: true) else {
                Issue.record("not renewed by force")
                return
            }
            #expect(try rig.current()?.generation == 2)
        }
    }

    @Test func `only the pair before is kept`() throws {
        try IdentityRig.with { rig in
            try rig.enrol()
            let responder = try ESTResponder(rig.certificates)
            for _ in 0..<3 { _ = try rig.renew(try rig.surroundings(responder), force: true) }
            #expect(try rig.names() == ["3", "4", "current"])
            let directory = try IdentityDirectory.open(rig.home)
            let previous = try directory.previousPair()
            #expect(previous?.generation == 3)
        }
    }

    @Test(arguments: [
        ("s400", FaultCode.serverRefused, "400"), ("s401", .serverRefused, "401"),
        ("s403", .serverRefused, "403"), ("s404", .serverRefused, "404"),
        ("s501", .network, "501"), ("s503", .network, "503"),
        ("page", .serverRefused, "web page"), ("json", .serverRefused, "application/json"),
        ("untyped", .serverRefused, "application/pkcs7-mime"),
        ("othertype", .serverRefused, "cmc-response"), ("huge", .serverRefused, "1048576"),
        ("empty", .serverRefused, "no certificates"),
        ("nobase64", .serverRefused, "no certificates"),
        ("noise", .serverRefused, "no certificates"), ("torn", .serverRefused, "no certificates"),
        ("trailing", .serverRefused, "no certificates"),
        ("none", .serverRefused, "no certificates"), ("many", .serverRefused, "no certificates"),
        ("otherkey", .tls, "another key"), ("expired", .tls, "has expired"),
        ("early", .tls, "not valid before"), ("serveronly", .tls, "no TLS client"),
        ("away", .serverRefused, "307"), ("cut", .network, "closed"),
        ("stranger", .tls, "the old one does"), ("short", .tls, "before the present one"),
        ("brief", .tls, "before the present one"), ("root", .tls, "“CN=root”"),
    ])
    func `each bad answer is one clear fault, and the old pair stays`(
        label: String, code: FaultCode, words: String
    ) throws {
        try IdentityRig.with { rig in
            try rig.certificates.authority("stranger")
            let old = try rig.enrol()
            let responder = try ESTResponder(rig.certificates)
            let got = try fault { _ = try rig.renew(try rig.surroundings(responder, label: label)) }
            #expect(got.code == code && got.message.contains(words), "\(got)")
            #expect(!got.description.contains("PRIVATE"))
            #expect(try rig.current() == old)
            #expect(try rig.names() == ["1", "current", "pending"])
            let request = try #require(try rig.pending())
            #expect(request.chain == nil)
            // The same request goes out again, and everything is well.
            guard case .renewed = try rig.renew(try rig.surroundings(responder)) else {
                Issue.record("not renewed after \(label)")
                return
            }
            let new = try #require(try rig.current())
            let key = try IdentityFiles.openKey(new.key, in: new.path)
            let isSame = request.request.belongs(to: key)
            #expect(isSame)
        }
    }

    @Test func `what a server wrote for people is told`() throws {
        try IdentityRig.with { rig in
            try rig.enrol()
            let responder = try ESTResponder(rig.certificates)
            let got = try fault {
                _ = try rig.renew(try rig.surroundings(responder, label: "s403"))
            }
            #expect(got.cause == "Sorry, not today.", "\(got)")
        }
    }

    @Test func `a server that decides later gets the same request again`() throws {
        try IdentityRig.with { rig in
            let old = try rig.enrol()
            let responder = try ESTResponder(rig.certificates)
            let first = try rig.renew(try rig.surroundings(responder, label: "later"))
            #expect(first == .waiting(.seconds(7200)))
            #expect(try rig.current() == old)
            let request = try #require(try rig.pending()).request
            let sometime = try rig.renew(try rig.surroundings(responder, label: "sometime"))
            #expect(sometime == .waiting(nil))
            #expect(try rig.pending()?.request == request)
            guard case .renewed = try rig.renew(try rig.surroundings(responder, label: "later"))
            else {
                Issue.record("not renewed the second time")
                return
            }
            #expect(try rig.pending() == nil)
        }
    }

    @Test(arguments: ["busy", "cutonce", "der", "chain"])
    func `a server that is busy, or answers in another form, is understood`(label: String) throws {
        try IdentityRig.with { rig in
            try rig.enrol()
            let responder = try ESTResponder(rig.certificates)
            guard
                case .renewed(_, let new) = try rig.renew(
                    try rig.surroundings(responder, label: label))
            else {
                Issue.record("not renewed")
                return
            }
            // No root is sent to servers.
            #expect(new.chain.count == 1)
        }
    }

    @Test func `what stands between is found by signatures, also in the pair before`() throws {
        try IdentityRig.with { rig in
            let tls = rig.certificates
            try runTool(
                "openssl",
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes",
                    "-subj", "/CN=middle", "-days", "9", "-CA", tls.path("ca"), "-CAkey",
                    tls.key("ca"), "-keyout", tls.key("middle"), "-out", tls.path("middle"),
                ])
            let directory = try IdentityDirectory.openOrMake(rig.home, owner: nil)
            let enrolment = IdentityEnrolment(try rig.surroundings())
            let pending = try enrolment.request(
                try DistinguishedName(IdentityRig.subject), in: directory, replacing: false)
            try rig.sign(
                pending, as: "own", from: -80 * IdentityRig.day, until: 9 * IdentityRig.day,
                by: "middle")
            let all =
                try rig.read(tls.path("ca")) + rig.read(tls.path("middle"))
                + rig.read(tls.path("own"))
            guard
                case .accepted(let first, _) = try enrolment.take(
                    all, from: "The test", in: directory, proving: false)
            else { return }
            #expect(first.chain.map(\.subject) == [IdentityRig.subject, "CN=middle"])
            let responder = try ESTResponder(tls)
            guard
                case .renewed(_, let new) = try rig.renew(
                    try rig.surroundings(responder, label: "middle"))
            else {
                Issue.record("not renewed")
                return
            }
            #expect(new.chain.map(\.subject) == [IdentityRig.subject, "CN=middle"])
        }
    }

    @Test func `a pair that another server does not take never becomes current`() throws {
        try IdentityRig.with { rig in
            let old = try rig.enrol()
            let responder = try ESTResponder(rig.certificates)
            // “verify” says no, to whoever asks.
            let forbidden = try rig.surroundings(
                responder, verify: responder.address + "/forbidden")
            let unclear = try fault { _ = try rig.renew(forbidden) }
            #expect(
                unclear.code == .serverRefused && unclear.message.contains("could not be proved"),
                "\(unclear)")
            #expect(try rig.current() == old)
            // The certificate is kept, and proved again without another being made.
            let kept = try #require(try rig.pending()?.chain)
            guard
                case .renewed(_, let new) = try rig.renew(
                    try rig.surroundings(responder, verify: responder.address + "/good"))
            else {
                Issue.record("not renewed")
                return
            }
            #expect(new.chain == kept)
            #expect(try log(rig, responder, new).filter { $0.hasPrefix("POST") }.count == 1)
        }
    }

    @Test func `a verify address where nobody listens leaves the old pair, and keeps the new`()
        throws
    {
        try IdentityRig.with { rig in
            let old = try rig.enrol(from: -IdentityRig.day, until: 90 * IdentityRig.day)
            let responder = try ESTResponder(rig.certificates)
            let gone = try ESTResponder(rig.certificates)
            let address = gone.address + "/good"
            try gone.stop()
            let got = try fault {
                _ = try rig.renew(try rig.surroundings(responder, verify: address), force: true)
            }
            #expect(got.code == .network && got.message.contains("could not be proved"), "\(got)")
            #expect(try rig.current() == old)
            #expect(try rig.pending()?.chain != nil)
            // It was forced then; it is tried again by itself.
            guard case .renewed = try rig.renew(try rig.surroundings(responder)) else {
                Issue.record("not proved later")
                return
            }
        }
    }

    @Test func `a certificate that the server itself refuses is asked for anew`() throws {
        try IdentityRig.with { rig in
            try rig.certificates.authority("stranger")
            try rig.enrol()
            let responder = try ESTResponder(rig.certificates)
            let label = "strangeronce"
            let got = try fault { _ = try rig.renew(try rig.surroundings(responder, label: label)) }
            #expect(got.message.contains("the old one does"), "\(got)")
            guard case .renewed = try rig.renew(try rig.surroundings(responder, label: label))
            else {
                Issue.record("not renewed the second time")
                return
            }
        }
    }

    @Test func `an expired certificate is told with the way out, and a wrong clock with its time`()
        throws
    {
        try IdentityRig.with { rig in
            let old = try rig.enrol(from: -9 * IdentityRig.day, until: 2 * IdentityRig.day)
            let responder = try ESTResponder(rig.certificates)
            // The server judges by its own clock; here this machine's is the one that is wrong.
            let late = try rig.surroundings(
                responder, label: "s403", now: IdentityRig.now + 5 * IdentityRig.day)
            let expired = try fault { _ = try rig.renew(late) }
            #expect(expired.message.contains("expired at"), "\(expired)")
            #expect(expired.advice.contains("nacelle identity request"), "\(expired)")
            // In 1970 nothing is due, nothing is removed, and by force the clock is named.
            guard
                case .notDue(_, let term) = try rig.renew(try rig.surroundings(responder, now: 60))
            else {
                Issue.record("renewed in 1970")
                return
            }
            #expect(term.isEarly(at: 60) && !term.isExpired(at: 60))
            let forced = try fault {
                _ = try rig.renew(
                    try rig.surroundings(responder, label: "s403", now: 60), force: true)
            }
            #expect(forced.advice.contains("1970"), "\(forced)")
            #expect(try rig.current() == old)
        }
    }

    @Test func `a really expired certificate is refused by the server, and the way out is told`()
        throws
    {
        try IdentityRig.with { rig in
            try rig.enrolExpired()
            let responder = try ESTResponder(rig.certificates)
            let got = try fault { _ = try rig.renew(try rig.surroundings(responder)) }
            #expect(got.message.contains("expired at"), "\(got)")
            #expect(got.advice.contains("nacelle identity request"), "\(got)")
            #expect(try rig.current()?.generation == 1)
        }
    }

    @Test func `without a certificate or a server a renewal says what is missing`() throws {
        try IdentityRig.with { rig in
            let none = try fault { _ = try rig.renew(try rig.surroundings()) }
            #expect(none.code == .notFound && none.advice.contains("nacelle identity request"))
            _ = try IdentityDirectory.openOrMake(rig.home, owner: nil)
            let empty = try fault { _ = try rig.renew(try rig.surroundings()) }
            #expect(empty.code == .notFound)
            try rig.enrol()
            let manual = try fault { _ = try rig.renew(try rig.surroundings()) }
            #expect(manual.code == .configuration && manual.message.contains("no EST server"))
        }
    }

    private func log(
        _ rig: IdentityRig, _ responder: ESTResponder, _ pair: IdentityPair
    ) throws -> [String] {
        var settings = TransferSettings()
        settings.authorities = rig.certificates.path("ca")
        settings.certificate = pair.clientCertificate
        let text = try HTTPClient(settings).get(responder.address + "/log", limit: 1 << 16) ?? []
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
