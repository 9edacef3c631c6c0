import Faults
import StrictJSON
import TestKit
import Testing

/// The service through signals, kills and cancels, beside a server that can be slow.
struct ServiceInterruptionTests {
    /// A machine and the web server with its repository.
    private struct Place {
        let net: NetRig
        let machine: ServiceRig

        init() throws {
            net = try NetRig()
            machine = try ServiceRig(
                net.rig, try RepositoryRig(net.rig, folder: net.path("fleet")))
            try configure()
        }

        func configure(_ service: String = "") throws {
            try machine.configure(
                service, repository: net.address("fleet/"),
                more: """
                    transfer:
                      authorities: \(net.certificates.path("ca"))
                      client-certificate: \(net.certificates.path("client"))
                      client-key: \(net.certificates.key("client"))
                      attempts: 3
                    """)
        }

        /// How fast it serves from now on.
        func serve(slowly: Bool) throws {
            try net.serve(slowly ? "limit_rate 150k;" : "", on: net.server.port)
        }

        /// Has the service fetch a large version from a slow server.
        func beginToFetch() throws {
            try serve(slowly: true)
            try machine.look()
            try machine.wait("bytes come") {
                try machine.state == "fetching" && !machine.processes("--prepare").isEmpty
                    && machine.rig.status()["filling"] != .null
            }
        }
    }

    @Test func `killed while it fetches and while it watches, it goes on and ends good`() throws {
        let place = try Place()
        let machine = place.machine
        try machine.publish("1.1.0", 11, watched: "3s", payload: 3_000_000)
        try machine.start()
        try place.beginToFetch()
        try machine.kill(withChildren: true)
        try place.serve(slowly: false)
        try machine.start()
        try machine.wait("it is watched") { try machine.rig.state("b") == "trial" }
        try machine.kill(withChildren: true)
        #expect(try machine.rig.state("b") == "trial")
        try machine.start()
        try machine.waitUntilGood("1.1.0")
        #expect(try machine.times("swapped", "1.1.0") == 1)
        #expect(try machine.times("good", "1.1.0") == 1)

        // Killed alone, what it started sees the trial through, and it finds that out.
        try machine.publish("1.2.0", 12, watched: "3s")
        try machine.look()
        try machine.wait("it is watched") { try machine.rig.state("a") == "trial" }
        try machine.kill(withChildren: false)
        try machine.start()
        try machine.wait("it is good") { try machine.rig.state("a") == "good" }
        try machine.wait("nobody is left") { try machine.processes().count == 1 }
        let answer = try machine.rig.nacelle("update", "--json")
        #expect(answer.status == 0, "\(answer.output)")
        try machine.wait("nothing is left to do") { machine.state == "idle" }
        #expect(try machine.running == "1.2.0")
        #expect(try machine.times("swapped", "1.2.0") == 1)
    }

    @Test func `told to stop it ends in each state, leaves nobody behind, and goes on later`()
        throws
    {
        let place = try Place()
        let machine = place.machine
        try machine.start()
        try machine.stop()
        try machine.publish("1.1.0", 11, watched: "3s", payload: 3_000_000)
        try machine.start()
        try place.beginToFetch()
        try machine.stop()
        #expect(try machine.rig.state("b") != "ready")
        try place.serve(slowly: false)
        try machine.start()
        try machine.wait("it is watched") { try machine.rig.state("b") == "trial" }
        try machine.stop()
        #expect(try machine.rig.state("b") == "trial")
        try machine.start()
        try machine.waitUntilGood("1.1.0")

        // While a version proves itself, and while one waits.
        let marker = machine.rig.path("proved-once")
        try machine.repository?.add(
            machine.rig.build(
                machine.rig.scriptRelease(
                    "1.2.0", 12, script: "[ -e \(marker) ] || exec sleep 63.25",
                    deadline: "100s", payload: 1000),
                as: "1.2.0"))
        try place.configure("inhibitors: [{command: [/bin/false]}]")
        try machine.reload()
        try machine.look()
        try machine.wait("it proves itself") {
            try machine.state == "proving"
                && machine.rig.shell("pgrep -f 'sleep 63[.]25' || true") != ""
        }
        try machine.stop()
        #expect(try machine.rig.shell("pgrep -f 'sleep 63[.]25' || true") == "")
        #expect(try machine.rig.state("a") != "ready")
        try machine.rig.write("proved-once", "")
        try machine.start()
        try machine.wait("it is held back") {
            try machine.state == "waiting" && machine.rig.state("a") == "ready"
        }
        try machine.stop()
        #expect(try machine.running == "1.1.0")
        try place.configure()
        try machine.start()
        try machine.waitUntilGood("1.2.0")

        // While it asks.
        let silent = try SilentServer()
        try machine.configure(
            repository: "http://127.0.0.1:\(silent.port)/", more: "transfer: {plain-http: true}")
        try machine.reload()
        try machine.ask("check")
        try machine.wait("it asks") { try machine.processes("exe check").count == 1 }
        try machine.stop()
    }

    @Test func `a cancel ends what is fetched, and from the swap on it is refused`() throws {
        let place = try Place()
        let machine = place.machine
        try machine.publish("1.1.0", 11, watched: "4s", payload: 3_000_000)
        try machine.start()
        try place.beginToFetch()
        let told = try machine.rig.nacelle("cancel", "--reason", "the turbine is serviced")
        #expect(told.status == 0 && told.output.contains("The service was told"), "\(told.output)")
        try machine.wait("it is called off") {
            try machine.state == "idle" && machine.processes().count == 1
        }
        #expect(machine.view?.text("outcome") == "cancelled")
        #expect(try machine.rig.state("b") != "ready")

        // Begun again, and called off while nobody is there to hear it.
        try machine.ask("update")
        try machine.wait("bytes come") { try !machine.processes("--prepare").isEmpty }
        try machine.kill(withChildren: true)
        let waits = try machine.rig.nacelle("cancel")
        #expect(waits.output.contains("it is told when it starts"), "\(waits.output)")
        try machine.start()
        try machine.wait("it is called off") {
            try machine.view?.text("outcome") == "cancelled" && machine.processes().count == 1
        }
        #expect(try machine.running == "1.0.0")

        try place.serve(slowly: false)
        try machine.ask("update")
        try machine.wait("it is watched") { try machine.rig.state("b") == "trial" }
        let late = try machine.rig.nacelle("cancel")
        #expect(late.status == FaultCode.notFound.exitStatus, "\(late.output)")
        #expect(late.output.contains("nacelle rollback"), "\(late.output)")
        #expect(try machine.rig.state("b") == "trial")
        try machine.waitUntilGood("1.1.0")
    }

    @Test func `the month's bound is waited for with its numbers, and no byte comes`() throws {
        let place = try Place()
        let machine = place.machine
        try machine.publish("1.1.0", 11, payload: 3_000_000)
        try place.configure("month-bytes: 2MB")
        try machine.start()
        try machine.look()
        try machine.wait("it waits for the month to end") {
            machine.state == "waiting" && machine.reasons.contains("the month's bound")
        }
        #expect(machine.reasons.contains("of 2000000 bytes"), "\(machine.reasons)")
        let page = try machine.rig.nacelle("status").output
        #expect(page.contains("waits: ") && page.contains("the next month begins"), "\(page)")
        #expect(try place.net.sent() < 1_000_000)
        #expect(try machine.rig.state("b") != "ready")
        try place.configure()
        try machine.reload()
        try machine.waitUntilGood("1.1.0")
    }
}
