import Faults
import Glibc
import StrictJSON
import TestKit
import Testing

/// nginx behind links that lose packets, are as slow as 2G, or are taken out and put in again.
@Suite(.serialized) struct WeakWireTests {
    /// nginx in the far space, which asks for client certificates.
    private final class FarNginx {
        private let child: Background
        static let port = 8443

        init(_ far: FarRig) throws {
            let home = far.rig.path("nginx")
            let tls = far.net.certificates
            let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                .map { "\($0)_temp_path \(home)/\($0);" }.joined(separator: "\n")
            try far.rig.shell("mkdir \(home)")
            try far.rig.write(
                "nginx.conf",
                """
                daemon off;
                master_process off;
                pid \(home)/pid;
                error_log \(home)/error.log;
                events { worker_connections 256; }
                http {
                    access_log \(home)/access.log;
                    \(temporary)
                    default_type application/octet-stream;
                    server {
                        listen \(Wire.far):\(FarNginx.port) ssl http2;
                        ssl_certificate \(tls.path("far"));
                        ssl_certificate_key \(tls.key("far"));
                        ssl_client_certificate \(tls.path("ca"));
                        ssl_verify_client on;
                        root \(far.net.path(""));
                    }
                }
                """)
            child = try far.wire.startFar(
                "nginx", "-p", home, "-c", far.rig.path("nginx.conf"), "-e", "\(home)/error.log",
                log: far.rig.path("nginx.err"))
            // It is written when all places are listened to.
            try far.rig.wait { access("\(home)/pid", F_OK) == 0 }
        }
    }

    private static let address = "https://\(Wire.far):\(FarNginx.port)/\(FarRig.bundle)"

    private func install(_ far: FarRig, _ what: String) throws {
        let answer = try far.rig.nacelle("install", WeakWireTests.address)
        #expect(answer.status == 0, "\(what): \(answer.output)")
        try far.endedWell(what)
    }

    @Test func `where packets are lost an install takes longer and ends well`() throws {
        let far = try FarRig(weights: 400_000)
        let nginx = try FarNginx(far)
        try far.net.configure(more: "attempts: 20")
        for percent in [5, 10, 20] {
            try far.wire.lose(percent: percent)
            try install(far, "\(percent) % lost")
            try far.restore()
        }
        // Of nine in ten nothing gets through, and that is told.
        try far.wire.lose(percent: 97)
        try far.net.configure(more: FarRig.patience)
        let answer = try far.rig.nacelle("install", WeakWireTests.address)
        #expect(answer.status == FaultCode.network.exitStatus, "\(answer.output)")
        try far.unharmed("97 % lost")
        try far.wire.mend()
        try install(far, "mended")
        withExtendedLifetime(nginx) {}
    }

    @Test func `a link as slow as 2G, taken out and put in again, brings a small version`() throws {
        let far = try FarRig(weights: 30_000)
        let nginx = try FarNginx(far)
        try far.net.configure(more: "attempts: 20\nlow-speed: 100B\nlow-speed-time: 3s")
        try far.wire.limit(to: "40kbit")
        var child = try far.rig.start("install", WeakWireTests.address)
        // It takes ten seconds, and in their middle the modem is gone for five.
        usleep(4_000_000)
        try far.wire.plug(false)
        #expect(try far.rig.current == "slots/a")
        usleep(5_000_000)
        try far.wire.plug(true)
        let status = try child.exitSoon()
        let said = try far.rig.shell("cat \(far.rig.path("background.log"))")
        #expect(status == 0, "\(said)")
        try far.endedWell("2G")
        withExtendedLifetime(nginx) {}
    }

    @Test func `the service outlasts an outage, before a look and in a download`() throws {
        let far = try FarRig(weights: 3_000_000, inRepository: true)
        let rig = far.rig
        try far.net.configure(
            more: FarRig.patience,
            beside: """
                repository: \(FarServer.address("", "fleet/"))
                activation: {restart: [/bin/true]}
                service: {poll: 1d}
                """)
        let machine = try ServiceRig(taking: rig)
        try far.wire.plug(false)
        try machine.start()
        try machine.ask("check")
        try machine.wait("a look has failed") {
            machine.log.contains("no connection") || machine.log.contains("in time")
        }
        try far.unharmed("an outage")
        try far.wire.plug(true)
        // A slow link, so that it can be taken out in the middle.
        try far.wire.limit(to: "4mbit")
        try machine.ask("check")
        try machine.wait("bytes come") {
            try machine.state == "fetching" && rig.state("b") == "filling"
        }
        try far.wire.plug(false)
        try machine.wait("the download has failed") { machine.state == "waiting" }
        #expect(try rig.current == "slots/a")
        try far.wire.plug(true)
        try far.wire.mend()
        // It would wait for a minute; a person need not.
        try machine.ask("update")
        try machine.waitUntilGood("1.1.0")
        try far.endedWell("an outage")
        try machine.stop()
    }
}
