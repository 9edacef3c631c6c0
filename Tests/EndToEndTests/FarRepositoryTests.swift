import Faults
import StrictJSON
import TestKit
import Testing

/// A repository, and a rollout server, on the far side of a bad link.
@Suite(.serialized) struct FarRepositoryTests {
    @Test func `a repository that lies, drips or never ends is left, and nothing is believed`()
        throws
    {
        let far = try FarRig(inRepository: true)
        far.good = FarServer.address("", "fleet/")
        let troubles: [(prefix: String, code: FaultCode?, says: String)] = [
            ("timestamp.json~endless", .serverRefused, "more bytes; at most"),
            ("timestamp.json~endless~404", .serverRefused, "no timestamp.json"),
            ("timestamp.json~page", .serverRefused, "captive portal"),
            ("timestamp.json~status~404", .serverRefused, "no timestamp.json"),
            ("timestamp.json~status~503", .network, "attempt 2"),
            ("timestamp.json~drip", .network, "bytes in"),
            ("timestamp.json~silent", .network, "did not answer"),
            ("timestamp.json~reset", .network, "attempt 2"),
            ("snapshot.json~endless", .serverRefused, "more bytes; at most"),
            ("snapshot.json~flip", .rollback, "another digest"),
            ("targets.json~endless", .serverRefused, "more bytes; at most"),
            ("targets.json~headers", .serverRefused, "header lines"),
            ("root.json~endless", .serverRefused, "more bytes; at most"),
            ("root.json~page", .serverRefused, "captive portal"),
            ("in-targets~endless", .serverRefused, "more bytes; at most"),
            ("in-targets~flip", .malformed, ""),
            ("in-recipients~endless", .serverRefused, "more bytes; at most"),
            ("in-recipients~status~404", .serverRefused, "not there"),
            ("in-objects~endless", .serverRefused, "more than the"),
            ("in-objects~status~404", .serverRefused, "not found"),
            ("in-objects~truncated", .network, "broke"),
            ("in-objects~flip", .malformed, "altered or damaged"),
        ]
        for trouble in troubles {
            try far.endures(
                FarServer.address(trouble.prefix, "fleet/"), trouble.code, trouble.says)
            let sent = try far.sent(trouble.prefix)
            #expect(sent < 16 << 20, "\(trouble.prefix): \(sent) bytes")
        }
    }

    @Test func `a rollout server that lies or never ends leaves the machine alone`() throws {
        let far = try FarRig(weights: 100_000)
        let rig = far.rig
        let troubles: [(prefix: String, code: FaultCode, says: String)] = [
            ("every~endless", .serverRefused, "more bytes; at most"),
            ("every~headers", .serverRefused, "header lines"),
            ("every~page", .serverRefused, "captive portal"),
            ("every~away~http:", .serverRefused, "redirect"),
            ("every~status~503", .network, "attempt 2"),
            ("every~status~404", .serverRefused, "404"),
            ("every~silent", .network, "did not answer"),
            ("every~drip", .network, "bytes in"),
            ("every~garbage", .serverRefused, "no HTTP answer"),
        ]
        for trouble in troubles {
            let address = FarServer.address(trouble.prefix, "poll.json")
            try rig.shell("head -c 100000 /dev/zero > \(far.net.path("poll.json"))")
            try far.net.configure(
                more: FarRig.patience, beside: "fleet: {server: \(address)}")
            let answer = try rig.nacelle("contact")
            #expect(
                answer.status == trouble.code.exitStatus, "\(trouble.prefix): \(answer.output)")
            #expect(answer.output.contains(trouble.says), "\(trouble.prefix): \(answer.output)")
            #expect(try far.sent(trouble.prefix) < 16 << 20)
            try far.unharmed(trouble.prefix)
        }
    }
}
