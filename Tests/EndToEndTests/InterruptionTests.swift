import Faults
import Glibc
import StrictJSON
import TestKit
import Testing

/// Downloads that are killed, cut off, stopped or filled up: nothing is lost, and little comes twice.
@Suite(.serialized) struct InterruptionTests {
    /// What may be fetched twice of the payload, by each interruption.
    static let window: Int64 = 4 << 20

    @Test func `killed, stopped and cut off again and again, a download ends and comes once`()
        throws
    {
        let net = try NetRig()
        let rig = net.rig
        try net.makeWeights("w1", bytes: 100_000)
        try net.makeWeights("w2", bytes: 24_000_000)
        try net.publish("1.0.0", 10, weights: "w1")
        // Small chunks, so that the index is larger than what comes with the opening.
        let bundle = try net.publish("1.1.0", 11, weights: "w2", chunks: "8KiB")
        try net.install(net.path("1.0.0.nacelle"))
        let sections = try rig.sections(of: bundle)
        #expect(sections.pack > 2 * NetworkTests.opening)
        try net.configure(more: "attempts: 5")

        // The rate is each request's, of which three run: well below what all of it takes.
        // By a signal, by power as it were, and by both at moments that nobody chose.
        try net.serve("limit_rate 700k;")
        var interruptions: Int64 = 0
        var placed: Int64 = 0
        for delay: UInt32 in [30, 300, 900, 500, 1200, 700] {
            var child = try rig.start("install", "--json", net.address("1.1.0.nacelle"))
            usleep(delay * 1000)
            if interruptions % 3 == 2 { child.terminate() } else { child.kill() }
            let status = try? child.exit()
            #expect(status == nil || status == FaultCode.cancelled.exitStatus, "\(status ?? -1)")
            interruptions += 1
            #expect(try rig.current == "slots/a")
        }
        var sent = try net.sent("1.1.0.nacelle")
        // The server goes while the agent runs, and comes back; the agent goes on by itself.
        let port = net.server.port
        var patient = try rig.start("install", "--json", net.address("1.1.0.nacelle"))
        usleep(500_000)
        sent = try net.sent("1.1.0.nacelle")
        try net.stopServing()
        usleep(500_000)
        try net.serve("limit_rate 700k;", on: port)
        interruptions += 1
        usleep(2_500_000)
        sent = try net.sent("1.1.0.nacelle")
        patient.kill()
        _ = try? patient.exit()
        interruptions += 1
        sent = try net.sent("1.1.0.nacelle")
        #expect(try rig.current == "slots/a")

        // Only the first of these may have been interrupted before the index was kept.
        let indexBytes = try net.requests("1.1.0.nacelle")
            .filter { (NetRig.first(of: $0.range) ?? 0) >= NetworkTests.opening }
            .filter { (NetRig.first(of: $0.range) ?? 0) < sections.pack }
            .reduce(0) { $0 + $1.bytes }
        let indexRest = sections.pack - NetworkTests.opening
        #expect(indexBytes >= indexRest && indexBytes < 2 * indexRest, "\(indexBytes)")

        // It goes and stays away: the agent gives up within its attempts.
        try net.configure(more: "attempts: 2")
        var left = try rig.start("install", "--json", net.address("1.1.0.nacelle"))
        usleep(400_000)
        sent = try net.sent("1.1.0.nacelle")
        try net.stopServing()
        interruptions += 1
        #expect(try left.exit() == FaultCode.network.exitStatus)

        // The rest comes from a mirror.
        try net.serve()
        let answer = try net.install(net.address("1.1.0.nacelle"))
        placed = try #require(answer.event("plan")?.number("placed"))
        #expect(placed > 4 << 20, "\(placed)")
        sent += try net.sent("1.1.0.nacelle")
        let openings = interruptions * NetworkTests.opening
        let most = sections.end + interruptions * InterruptionTests.window + openings + indexRest
        #expect(sent <= most, "\(sent) bytes of \(sections.end) by \(interruptions) interruptions")
        #expect(try rig.current == "slots/b")
        #expect(try rig.nacelle("verify").status == 0)
        try rig.shell("cmp \(rig.path("w2")) \(rig.store)/slots/b/weights/large.bin")
    }

    @Test func `what the full bundle began, a delta ends`() throws {
        let net = try NetRig()
        let rig = net.rig
        try net.makeWeights("w1", bytes: 12_000_000)
        try net.nudgeWeights("w2", of: "w1")
        try net.publish("1.0.0", 10, weights: "w1")
        try net.publish("1.1.0", 11, weights: "w2")
        try net.install(net.path("1.0.0.nacelle"))
        try net.serve("limit_rate 1m;")
        var child = try rig.start("install", net.address("1.1.0.nacelle"))
        try rig.wait { try rig.state("b") == "filling" }
        usleep(1_500_000)
        child.kill()
        _ = try? child.exit()
        try net.publishDelta(from: "1.0.0", to: "1.1.0")
        let answer = try net.install(net.address("1.1.0.nacelle"))
        let plan = try #require(answer.event("plan"))
        #expect(plan.text("form") == "delta")
        #expect(try #require(plan.number("placed")) > 1 << 20, "\(plan)")
        #expect(try rig.nacelle("verify").status == 0)
        try rig.shell("cmp \(rig.path("w2")) \(rig.store)/slots/b/weights/large.bin")
    }

    @Test func `a rollback ends a download at once, and the next one goes on`() throws {
        let net = try NetRig()
        let rig = net.rig
        try net.makeWeights("w1", bytes: 100_000)
        try net.makeWeights("w2", bytes: 12_000_000)
        try net.publish("1.0.0", 10, weights: "w1")
        try net.publish("1.1.0", 11, weights: "w2")
        try net.install(net.path("1.0.0.nacelle"))
        try net.serve("limit_rate 400k;")
        var child = try rig.start("install", net.address("1.1.0.nacelle"))
        try rig.wait { try rig.state("b") == "filling" }
        usleep(1_500_000)
        // There is nothing to go back to; that it stops the download is what counts here.
        try rig.refuses(.nothingToRollBackTo, "rollback")
        let asked = time(nil)
        #expect(try child.exit() == FaultCode.cancelled.exitStatus)
        #expect(time(nil) - asked <= 5)
        #expect(try rig.current == "slots/a")
        #expect(try rig.status()["denied"] == .array([]))

        try net.serve()
        let answer = try net.install(net.address("1.1.0.nacelle"))
        let placed = try #require(answer.event("plan")?.number("placed"))
        #expect(placed > 0, "\(answer.output)")
        #expect(try rig.current == "slots/b")
        #expect(try rig.nacelle("verify").status == 0)
    }

    @Test func `a disk that fills up in the middle of a download loses nothing`() throws {
        let net = try NetRig()
        let rig = net.rig
        try rig.mountSmallDisk(megabytes: 48)
        rig.store = rig.path("disk/store")
        try net.configure()
        try net.makeWeights("w1", bytes: 100_000)
        try net.makeWeights("w2", bytes: 16_000_000)
        try net.publish("1.0.0", 10, weights: "w1")
        try net.publish("1.1.0", 11, weights: "w2")
        try net.install(net.path("1.0.0.nacelle"))
        try net.serve("limit_rate 1m;")
        var child = try rig.start("install", net.address("1.1.0.nacelle"))
        try rig.wait { try net.rig.state("b") == "filling" }
        usleep(1_500_000)
        try rig.shell("dd if=/dev/zero of=\(rig.path("disk/filler")) bs=64k 2>/dev/null || true")
        #expect(try child.exit() == FaultCode.noSpace.exitStatus)
        #expect(try rig.current == "slots/a")
        #expect(try rig.nacelle("verify", "--slot", "a").status == 0)

        try net.serve()
        try rig.shell("rm \(rig.path("disk/filler"))")
        let answer = try net.install(net.address("1.1.0.nacelle"))
        #expect(try #require(answer.event("plan")?.number("placed")) > 0, "\(answer.output)")
        #expect(try rig.nacelle("verify").status == 0)
    }

    @Test func `an install needs less than 32 MiB from a file, and 40 over HTTPS`() throws {
        let net = try NetRig()
        let rig = net.rig
        try net.makeWeights("w1", bytes: 64_000_000)
        try net.nudgeWeights("w2", of: "w1")
        try net.publish("1.0.0", 10, weights: "w1")
        try net.publish("1.1.0", 11, weights: "w2")
        for (place, limit) in [
            (net.path("1.0.0.nacelle"), 32 << 10), (net.address("1.1.0.nacelle"), 40 << 10),
        ] {
            let output = try rig.shell(
                """
                python3 - << 'END'
                import resource, subprocess
                done = subprocess.run(["\(Rig.programs)/nacelle", "install", "\(place)", "-q",
                                       "--config", "\(rig.path("config.yaml"))"])
                print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
                END
                """)
            let words = output.split(separator: "\n").last?.split(separator: " ") ?? []
            #expect(words.first == "0", "\(output)")
            let kibibytes = try #require(words.last.flatMap { Int($0) })
            print("peak memory of nacelle install \(place): \(kibibytes) KiB")
            #expect(kibibytes > 1000 && kibibytes < limit, "\(place): \(output)")
        }
    }
}

extension NetRig {
    /// The first byte that a `Range` field asks for.
    static func first(of range: String) -> Int64? {
        guard range.hasPrefix("bytes=") else { return nil }
        return Int64(range.dropFirst(6).prefix { $0.isNumber })
    }
}
