import Faults
import Glibc
import StrictJSON
import TestKit
import Testing

/// What a machine meets on bad networks: each trouble ends in time, with its own code and sentence,
/// leaves what runs alone, and the next good attempt ends well.
@Suite(.serialized) struct NetworkFaultTests {
    /// More than any trouble may cost: what buffers between the two ends hold comes on top of limits.
    private static let bound: Int64 = 16 << 20

    private func endure(
        _ far: FarRig, _ troubles: [(prefix: String, code: FaultCode?, says: String)]
    ) throws {
        for trouble in troubles {
            try far.endures(
                FarServer.address(trouble.prefix, FarRig.bundle), trouble.code, trouble.says)
            let sent = try far.sent(trouble.prefix)
            #expect(sent < NetworkFaultTests.bound, "\(trouble.prefix): \(sent) bytes")
        }
    }

    @Test func `answers that lie about lengths and ranges end an install with a sentence`() throws {
        try endure(
            try FarRig(),
            [
                ("first~shortlength", .serverRefused, "a body of"),
                ("later~shortlength", .serverRefused, "a body of"),
                ("first~longlength", .serverRefused, "a body of"),
                ("later~longlength", .serverRefused, "a body of"),
                ("first~truncated", .network, "broke"),
                ("later~truncated", .network, "broke"),
                ("first~toolong", .serverRefused, "more than"),
                ("first~otherstart", .serverRefused, "asked for"),
                ("later~otherstart", .serverRefused, "expected"),
                ("later~otherend", .serverRefused, "asked for"),
                ("later~othertotal", .serverChanged, "bytes"),
                ("first~nototal", .serverRefused, "/*"),
                ("later~nonsense", .serverRefused, "lines 1-2"),
                ("first~norange", .serverRefused, "not which one"),
                ("later~norange", .serverRefused, "not which one"),
                // A server that knows no ranges serves all the same; one that forgets them has changed.
                (".nacelle~whole", nil, ""),
                ("later~whole", .serverChanged, "whole"),
                ("first~multipart", .serverRefused, "multipart"),
                ("later~multipart", .serverRefused, "multipart"),
                ("first~bomb", .serverRefused, "gzip"),
                ("later~bomb", .serverRefused, "gzip"),
                ("later~tag", .serverChanged, "two"),
                ("later~flip", .malformed, "altered or damaged"),
                ("first~flip", .malformed, "altered or damaged"),
                ("first~garbage", .serverRefused, "no HTTP answer"),
                ("later~drop", .network, "attempt 2"),
                ("later~reset", .network, "attempt 2"),
            ])
    }

    @Test func `what never ends and what never begins is bounded in bytes and time`() throws {
        try endure(
            try FarRig(),
            [
                ("first~headers", .serverRefused, "header lines"),
                ("later~headers", .serverRefused, "header lines"),
                ("first~line", .serverRefused, "header line"),
                ("first~interim", .serverRefused, "header lines"),
                ("first~endless", .serverRefused, "more than"),
                // It goes no further than the first chunk that is not what it should be.
                ("later~endless", .malformed, "altered or damaged"),
                ("first~endless~404", .serverRefused, "404"),
                ("beside~endless", nil, ""),
                ("first~drip", .network, "bytes in"),
                ("later~drip", .network, "bytes in"),
                ("first~driphead", .network, "did not answer"),
                ("first~silent", .network, "did not answer"),
                ("later~silent", .network, "did not answer"),
            ])
    }

    @Test func `statuses that pass are waited out, others end it at once`() throws {
        let far = try FarRig()
        try endure(
            far,
            [
                ("first~status~404", .serverRefused, "not found"),
                ("later~status~404", .serverRefused, "not found"),
                ("later~status~410", .serverRefused, "gone"),
                ("later~status~403", .serverRefused, "forbidden"),
                ("first~status~429~1", .network, "too many requests"),
                ("first~status~429~1~1", nil, ""),
                ("later~status~429~1~1", nil, ""),
                ("later~status~503~1~1", nil, ""),
                ("later~status~500", .network, "attempt 2"),
                ("later~status~503", .network, "attempt 2"),
                ("later~status~416", .serverRefused, "no such range"),
                ("later~status~204", .serverRefused, "204"),
            ])
        let gone = try far.server.answers("first~status~404").count {
            $0.path.hasSuffix(FarRig.bundle)
        }
        #expect(gone == 1, "a 404 was asked for again")
        #expect(try far.server.answers("later~status~503").count(where: { $0.status == 503 }) >= 2)
    }

    @Test func `redirects lead from HTTPS to HTTPS and no further`() throws {
        let far = try FarRig(places: [
            ("well", "/FILE"), ("elsewhere", "https://\(Wire.farSix.bracketed)/FILE"),
            ("plain", "http://\(Wire.far)/FILE"), ("portal", "http://login.test/?from=FILE"),
            ("file", "file:///etc/passwd"), ("ftp", "ftp://\(Wire.far)/FILE"),
            ("gopher", "gopher://\(Wire.far)/FILE"),
        ])
        try endure(
            far,
            [
                ("every~away~well", nil, ""), ("every~away~elsewhere", nil, ""),
                ("later~away~well", nil, ""),
                ("every~away~plain", .serverRefused, "plain HTTP"),
                ("later~away~plain", .serverRefused, "plain HTTP"),
                ("every~away~portal", .serverRefused, "captive portal"),
                ("every~away~file", .serverRefused, "no http or https"),
                ("every~away~ftp", .serverRefused, "no http or https"),
                ("later~away~gopher", .serverRefused, "no http or https"),
                ("every~round", .serverRefused, "5 are followed"),
                ("every~page", .serverRefused, "captive portal"),
                ("later~page", .serverRefused, "captive portal"),
            ])
        // The loop was followed five times.
        let rounds = try far.server.lines().count {
            $0.text("path").map { $0.contains("~round") && $0.hasSuffix(FarRig.bundle) } ?? false
        }
        #expect(rounds == 6)
    }

    @Test func `every trouble with TLS is told from the others`() throws {
        let far = try FarRig(
            listeners: TLSPlaces.listeners, certifying: TLSPlaces.makeCertificates)
        for (port, code, says) in TLSPlaces.troubles {
            try far.endures(
                "https://\(Wire.far):\(port)/\(FarRig.bundle)", code, says,
                more: FarRig.patience)
        }
        // Without a certificate of its own, and with one of strangers.
        let address = FarServer.address("", FarRig.bundle)
        for identity in [nil, "outsider"] {
            try far.restore()
            try far.net.configure(identity: identity, more: FarRig.patience)
            let answer = try far.rig.nacelle("install", address)
            #expect(answer.status == FaultCode.tls.exitStatus, "\(answer.output)")
            #expect(answer.output.contains("client certificate"), "\(answer.output)")
            try far.unharmed("\(identity ?? "no") certificate")
        }
    }

    @Test func `a clock that is a year off is named, and set right it goes on`() throws {
        let far = try FarRig()
        try far.net.configure(more: FarRig.patience)
        for (year, says) in [("+1 year", "expired"), ("-1 year", "not valid yet")] {
            try far.restore()
            let words = [
                "netns", "exec", far.wire.nearSpace, "/usr/bin/faketime", year,
                "\(Rig.programs)/nacelle", "install", FarServer.address("", FarRig.bundle),
                "--config", far.rig.path("config.yaml"),
            ].map { "'\($0)'" }.joined(separator: " ")
            let output = try far.rig.shell("ip \(words) 2>&1 || echo status $?")
            #expect(output.contains("status \(FaultCode.tls.exitStatus)"), "\(year): \(output)")
            #expect(output.contains(says) && output.contains("clock"), "\(year): \(output)")
            try far.unharmed(year)
            try far.net.install(FarServer.address("", FarRig.bundle))
            try far.endedWell(year)
        }
    }
}

extension String {
    /// An IPv6 address as it stands in a URL.
    fileprivate var bracketed: String { "[\(self)]" }
}

/// Places where TLS fails, each on a port of its own.
private enum TLSPlaces {
    static let listeners = [
        listener(8001, "expired"), listener(8002, "early"), listener(8003, "othername"),
        listener(8004, "unknown"), listener(8005, "far", more: ", \"old\": true"),
        place(8006, "hello-cut"), place(8007, "hello-reset"), place(8008, "handshake-cut"),
        place(8009, "mute"), place(8010, "plain"),
    ]

    static let troubles: [(port: Int, code: FaultCode, says: String)] = [
        (8001, .tls, "has expired"), (8002, .tls, "not valid yet"),
        (8003, .tls, "another host name"), (8004, .tls, "does not know"),
        (8005, .tls, "older than TLS 1.2"), (8006, .network, "attempt 2"),
        (8007, .network, "attempt 2"), (8008, .network, "attempt 2"),
        (8009, .network, "in time"), (8010, .tls, "does not speak TLS"),
        // Nobody listens there.
        (8011, .network, "no connection"),
    ]

    static func makeCertificates(_ certificates: TestCertificates) throws {
        try certificates.authority("others")
        try certificates.certificate("outsider", names: "DNS:x", by: "others")
        try certificates.certificate("unknown", names: "IP:\(Wire.far)", by: "others")
        try certificates.certificate("othername", names: "DNS:elsewhere.test")
        try certificates.certificate("expired", from: "20200101000000Z", until: "20210101000000Z")
        try certificates.certificate("early", from: "20480101000000Z", until: "20490101000000Z")
    }

    private static func listener(
        _ port: Int, _ certificate: String, more: String = ""
    ) -> String {
        place(port, "https", more: ", \"certificate\": \"\(certificate)\"" + more)
    }

    private static func place(_ port: Int, _ kind: String, more: String = "") -> String {
        "{\"kind\": \"\(kind)\", \"host\": \"\(Wire.far)\", \"port\": \(port)\(more)}"
    }
}
