import Faults
import Sealing
import TestKit
import Testing

@testable import DeviceIdentity

/// What is decided by dates and addresses alone.
@Suite struct TermTests {
    @Test func `a certificate is due after two thirds of its life, or as is configured`() throws {
        try IdentityRig.with { rig in
            let day = IdentityRig.day
            let pair = try rig.enrol(from: -10 * day, until: 80 * day)
            let own = pair.certificate
            let third = RenewalTerm(own, renewBefore: nil)
            #expect(third.due == own.notAfter - 30 * day)
            #expect(!third.isDue(at: third.due - 1) && third.isDue(at: third.due))
            #expect(RenewalTerm(own, renewBefore: 7 * day).due == own.notAfter - 7 * day)
            // Never so early that a new certificate is due at once.
            #expect(RenewalTerm(own, renewBefore: 900 * day).due == own.notBefore + 30 * day)
            #expect(third.daysLeft(at: own.notAfter) == 0)
            #expect(third.daysLeft(at: own.notAfter - 2 * day) == 2)
            #expect(third.daysLeft(at: own.notAfter - 2 * day + 1) == 1)
            #expect(third.daysLeft(at: own.notAfter + 1) == -1)
            #expect(third.isExpired(at: own.notAfter + 1) && !third.isExpired(at: own.notAfter))
            #expect(third.isEarly(at: 0) && !third.isDue(at: 0))
        }
    }

    @Test func `an EST server's address is made as RFC 7030 says`() throws {
        #expect(
            try ESTServer(url: "https://ca.example", label: nil).address("cacerts")
                == "https://ca.example/.well-known/est/cacerts")
        #expect(
            try ESTServer(url: "https://ca.example:8443/", label: "device-ca").base
                == "https://ca.example:8443/.well-known/est/device-ca")
    }

    @Test(arguments: [
        "", "ca.example", "http://ca.example", "https://", "https:///x", "https://ca.example/est",
        "https://ca.example?x", "https://u:p@ca.example", "https://ca example", "https://ca#x",
    ])
    func `another address is refused`(url: String) throws {
        let got = try fault { _ = try ESTServer(url: url, label: nil) }
        #expect(got.code == .configuration)
    }

    @Test(arguments: ["", ".", "..", "a/b", "cacerts", "simplereenroll", "a b", "ä", "a?b"])
    func `a label that is none is refused`(label: String) throws {
        let got = try fault { _ = try ESTServer(url: "https://ca.example", label: label) }
        #expect(got.code == .configuration && got.message.contains("label"))
    }
}
