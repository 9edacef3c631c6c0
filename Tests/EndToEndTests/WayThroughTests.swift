import Faults
import Glibc
import StrictJSON
import TestKit
import Testing

/// The way to a server: proxies, names, and two internet protocols of which one is dead.
@Suite(.serialized) struct WayThroughTests {
    private static func place(_ port: Int, _ kind: String, _ more: String = "") -> String {
        "{\"kind\": \"\(kind)\", \"host\": \"\(Wire.far)\", \"port\": \(port)\(more)}"
    }

    @Test func `a proxy lets through, refuses, dies and comes back`() throws {
        let far = try FarRig(listeners: [
            WayThroughTests.place(3128, "proxy"),
            WayThroughTests.place(3129, "proxy", ", \"password\": \"turbine:s3cret\""),
            WayThroughTests.place(3130, "proxy", ", \"refuses\": true"),
            WayThroughTests.place(3131, "proxy", ", \"dies\": 300000"),
            WayThroughTests.place(3132, "mute"),
        ])
        let address = FarServer.address("", FarRig.bundle)
        let troubles: [(proxy: String, code: FaultCode?, says: String)] = [
            ("http://\(Wire.far):3128", nil, ""),
            ("http://turbine:s3cret@\(Wire.far):3129", nil, ""),
            ("http://\(Wire.far):3129", .serverRefused, "status 407"),
            ("http://turbine:wr0ng@\(Wire.far):3129", .serverRefused, "status 407"),
            ("http://\(Wire.far):3130", .serverRefused, "status 403"),
            // It dies once, after a third of the bundle.
            ("http://\(Wire.far):3131", nil, ""),
            ("http://\(Wire.far):3132", .network, "in time"),
            // Nobody is there.
            ("http://\(Wire.far):3133", .network, "no connection"),
        ]
        for trouble in troubles {
            let said = try far.endures(
                address, trouble.code, trouble.says,
                more: FarRig.patience + "\nproxy: \(trouble.proxy)")
            for secret in ["s3cret", "wr0ng"] { #expect(!said.contains(secret), "\(said)") }
        }
        let tunnels = try far.server.lines().compactMap { $0.text("proxy") }
        #expect(tunnels.count > 6)
        #expect(tunnels.allSatisfy { $0.hasPrefix("CONNECT \(Wire.far):443 ") }, "\(tunnels)")
    }

    @Test func `names that are missing, silent or half dead are told or passed by`() throws {
        let far = try FarRig(
            listeners: [WayThroughTests.place(53, "dns")],
            names: [
                "\"four.test\": {\"A\": [\"\(Wire.far)\"]}",
                "\"six.test\": {\"AAAA\": [\"\(Wire.farSix)\"]}",
                // The newer protocol leads nowhere, as behind many a router.
                "\"both.test\": {\"A\": [\"\(Wire.far)\"], \"AAAA\": [\"\(Wire.nobodySix)\"]}",
                "\"none.test\": {}", "\"silent.test\": \"silent\"",
                "\"failing.test\": \"failing\"",
            ])
        func at(_ host: String) -> String { FarServer.address("", FarRig.bundle, host: host) }
        let troubles: [(host: String, code: FaultCode?, says: String, more: String)] = [
            ("four.test", nil, "", ""), ("six.test", nil, "", ""), ("both.test", nil, "", ""),
            ("[\(Wire.farSix)]", nil, "", ""), ("six.test", nil, "", "ip: 6"),
            ("four.test", .network, "attempt 2", "ip: 6"),
            ("six.test", .network, "resolved", "ip: 4"),
            ("[\(Wire.nobodySix)]", .network, "connection", ""),
            ("none.test", .network, "resolved", ""),
            ("unknown.test", .network, "resolved", ""),
            ("failing.test", .network, "resolved", ""),
            ("silent.test", .network, "attempt 2", ""),
        ]
        try far.wire.resolve(by: "nameserver \(Wire.far)\noptions timeout:1 attempts:1")
        for trouble in troubles {
            try far.endures(
                at(trouble.host), trouble.code, trouble.says,
                more: FarRig.patience + "\n" + trouble.more)
        }
        // Nobody answers at all: as long as names usually take, or this machine's own limit.
        try far.wire.resolve(by: "nameserver \(Wire.far.dropLast())99")
        try far.endures(at("four.test"), .network, "in time", more: FarRig.patience)
    }
}
