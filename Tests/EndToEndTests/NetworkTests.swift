import Faults
import Glibc
import StrictJSON
import TestKit
import Testing

/// What comes over HTTPS: who is let in, how much is fetched, and in which form.
@Suite(.serialized) struct NetworkTests {
    /// What an opened file brings along: the first bytes of it.
    static let opening: Int64 = 65536

    @Test func `only a known client installs over HTTPS, and every obstacle has its own code`()
        throws
    {
        let net = try NetRig()
        let rig = net.rig
        try net.makeWeights("w1", bytes: 300_000)
        try net.publish("1.0.0", 10, weights: "w1")
        let address = net.address("1.0.0.nacelle")

        try net.configure(identity: nil)
        try rig.refuses(.tls, "install", address)
        try net.certificates.authority("other")
        try net.certificates.certificate("stranger", names: "DNS:x", by: "other")
        try net.configure(identity: "stranger")
        try rig.refuses(.tls, "install", address)
        #expect(access(rig.store, F_OK) != 0, "a refused client has made a store")

        try net.configure()
        try rig.refuses(.serverRefused, "install", net.address("absent.nacelle"))
        #expect(try net.requests("absent.nacelle").count == 1, "a 404 was tried again")
        try rig.refuses(
            .configuration, "install", address.replacing("https://", with: "http://"))
        try rig.refuses(.configuration, "install", "ftp://127.0.0.1/x.nacelle")
        #expect(try net.requests("1.0.0.nacelle").allSatisfy { $0.status == 400 })

        let port = net.server.port
        try net.stopServing()
        let gone = try net.install(address, expecting: .network)
        #expect(gone.output.contains("attempt 3"), "\(gone.output)")
        try net.serve(on: port)
        try net.install(address)
        #expect(try rig.current == "slots/a")
        #expect(try rig.nacelle("verify").status == 0)
    }

    @Test func `a mistake in the part about transfers is told with its line and column`() throws {
        let rig = try Rig()
        for text in [
            "bandwith: 1MB", "attempts: 0", "attempts: many", "low-speed-time: 5", "ip: 5",
            "client-key: tls/client.key", "client-certificate: /c.pem", "authorities: ca.pem",
            "proxy: proxy.example", "bandwidth: -1", "max-bytes: x", "plain-http: maybe",
            "deadline: 1h\n  deadline: 2h", "no-proxy: x",
        ] {
            try rig.configure("transfer:\n  " + text)
            for arguments in [["config", "check"], ["install", "https://127.0.0.1:1/x.nacelle"]] {
                let answer = try rig.run(
                    "nacelle", arguments + ["--config", rig.path("config.yaml")])
                #expect(
                    answer.status == FaultCode.configuration.exitStatus,
                    "\(text): \(answer.output)")
                // The part begins in line 8.
                let place = try Regex("config\\.yaml:(8|9|10):[0-9]+")
                #expect(
                    try place.firstMatch(in: answer.output) != nil, "\(text): \(answer.output)")
            }
        }
    }

    @Test func `without a delta only the changed chunks are fetched, as the plan says`() throws {
        let net = try NetRig()
        try net.makeWeights("w1", bytes: 8_000_000)
        try net.makeWeights("w2", keeping: 6_000_000, of: "w1", adding: 1_000_000)
        try net.publish("1.0.0", 10, weights: "w1")
        let bundle = try net.publish("1.1.0", 11, weights: "w2")
        try net.install(net.path("1.0.0.nacelle"))

        let answer = try net.install(net.address("1.1.0.nacelle"))
        let plan = try #require(answer.event("plan"))
        let fetch = try #require(plan.number("fetch"))
        #expect(plan.text("form") == "full")
        #expect(fetch > 900_000 && fetch < 3_000_000, "\(plan)")
        #expect(try #require(plan.number("reuse")) > 5_000_000)
        // The opening block, what of the index lies beyond it, and the plan: nothing else.
        let sections = try net.rig.sections(of: bundle)
        let before = NetworkTests.opening + max(0, sections.pack - NetworkTests.opening)
        #expect(try net.sent("1.1.0.nacelle") == before + fetch)
        #expect(try net.requests().count { $0.path.hasSuffix(".deltas") && $0.status == 404 } == 1)
        let all = try net.sent()

        // What finding out took counts: a budget that the plan alone would keep costs no fallback.
        try net.goBack()
        try net.rig.refuses(
            .budget, "install", "--allow-denied", "--max-bytes", "\(all - 1)",
            net.address("1.1.0.nacelle"))
        #expect(try net.rig.state("b") == "bad")
        #expect(try net.rig.status()["slots"]?["b"]?["whole"] == .bool(true))
        try net.install(
            "--allow-denied", "--max-bytes", "\(all)", net.address("1.1.0.nacelle"))
        #expect(try net.rig.nacelle("verify").status == 0)
    }

    @Test func `the cheapest form is taken and told, and no dearer one in its place`() throws {
        let net = try NetRig()
        let rig = net.rig
        try net.makeWeights("w1", bytes: 6_000_000)
        try net.nudgeWeights("w2", of: "w1")
        try net.publish("1.0.0", 10, weights: "w1")
        let bundle = try net.publish("1.1.0", 11, weights: "w2")
        let delta = try net.publishDelta(from: "1.0.0", to: "1.1.0")
        let deltaFile = "1.1.0-from-1.0.0.nacelle"
        let length = try net.size(delta)
        let sections = try rig.sections(of: bundle)
        try net.install(net.path("1.0.0.nacelle"))
        let address = net.address("1.1.0.nacelle")

        // Too small a budget is refused before anything is changed.
        try rig.refuses(.budget, "install", "--max-bytes", "1000", address)
        try rig.refuses(.budget, "install", "--max-bytes", "\(length / 2)", address)
        try net.configure(more: "attempts: 2\nmax-bytes: \(length / 2)B")
        try rig.refuses(.budget, "install", address)
        try net.configure()
        #expect(try rig.state("b") == nil)

        // A delta that the list names and the server lacks ends it.
        try rig.shell("mv \(delta) \(delta).away")
        let before = try net.sent("1.1.0.nacelle")
        let missing = try net.install(address, expecting: .serverRefused)
        #expect(missing.output.contains("--form full"), "\(missing.output)")
        #expect(try net.sent("1.1.0.nacelle") - before <= NetworkTests.opening)
        #expect(try rig.state("b") == nil)
        try rig.shell("mv \(delta).away \(delta)")

        let fullBefore = try net.sent("1.1.0.nacelle")
        let deltaBefore = try net.sent(deltaFile)
        let answer = try net.install(address)
        let choice = try #require(answer.event("choice"))
        let plan = try #require(answer.event("plan"))
        #expect(choice.text("form") == "delta" && plan.text("form") == "delta")
        #expect(try #require(choice.number("fetch")) < length)
        #expect(choice.text("message")?.contains("the delta from version 1.0.0") == true)
        let spent = try net.sent(deltaFile) - deltaBefore
        #expect(spent <= length && spent > length / 2, "\(spent) of \(length)")
        #expect(spent < sections.end / 10)
        #expect(
            try net.sent("1.1.0.nacelle") - fullBefore <= max(sections.pack, NetworkTests.opening))
        #expect(try rig.nacelle("verify").status == 0)

        // By name: the full bundle, the delta, and nothing else in the place of either.
        try net.goBack()
        let full = try net.install("--form", "full", "--allow-denied", address)
        #expect(full.event("plan")?.text("form") == "full")
        #expect(try #require(full.event("plan")?.number("fetch")) > 5_000_000)
        try net.goBack()
        let asked = try net.install("--form", "delta", "--allow-denied", address)
        #expect(asked.event("plan")?.text("form") == "delta")
        try net.goBack()
        // As a file, the delta does without a network.
        try net.stopServing()
        let local = try net.install("--allow-denied", delta)
        #expect(local.event("plan")?.text("form") == "delta")
        #expect(try rig.nacelle("verify").status == 0)
        #expect(try rig.current == "slots/b")
        // Over the version that it gives, or over none, it is of no use.
        let over = try net.install("--allow-denied", delta)
        #expect(over.event("result")?.text("outcome") == "already-running")
    }

    @Test func `a delta over another base is refused; a list that does not hold is passed over`()
        throws
    {
        let net = try NetRig()
        let rig = net.rig
        try net.makeWeights("w1", bytes: 2_000_000)
        try net.nudgeWeights("w2", of: "w1")
        try net.makeWeights("w0", keeping: 1_000_000, of: "w1", adding: 1_000_000)
        try net.publish("0.9.0", 9, weights: "w0")
        try net.publish("1.0.0", 10, weights: "w1")
        try net.publish("1.1.0", 11, weights: "w2")
        let delta = try net.publishDelta(from: "1.0.0", to: "1.1.0")
        let list = net.path("1.1.0.nacelle.deltas")
        let address = net.address("1.1.0.nacelle")

        try rig.refuses(.baseDamaged, "install", delta)
        try net.install(net.path("0.9.0.nacelle"))
        try rig.refuses(.baseDamaged, "install", delta)
        #expect(try rig.state("b") == nil)
        // No delta from what runs: said, and the full bundle where it was not asked for by name.
        try rig.refuses(.notFound, "install", "--form", "delta", address)
        try net.install(net.path("1.0.0.nacelle"))

        try rig.shell("cp \(list) \(rig.path("list"))")
        let forgeries = [
            "head -c 200 \(rig.path("list")) > \(list)",
            "echo garbage > \(list)", ": > \(list)",
            // Signed, but of another build.
            "cp \(net.path("1.0.0.nacelle.deltas")) \(list)",
            "sed 's/\"sig\":\"..../\"sig\":\"AAAA/g' \(rig.path("list")) > \(list)",
        ]
        try net.publishDelta(from: "0.9.0", to: "1.0.0")
        for forgery in forgeries {
            try rig.shell(forgery)
            let answer = try net.install("--allow-denied", address)
            #expect(
                answer.event("warning")?.text("message")?.contains("list of deltas") == true,
                "\(forgery): \(answer.output)")
            #expect(answer.event("plan")?.text("form") == "full", "\(forgery)")
            try net.goBack()
        }
        try rig.shell("cp \(rig.path("list")) \(list)")
        let answer = try net.install("--allow-denied", address)
        #expect(answer.event("plan")?.text("form") == "delta")
    }

    @Test func `damage of the running version is reported, and mended from the full bundle`() throws
    {
        let net = try NetRig()
        let rig = net.rig
        try net.makeWeights("w1", bytes: 4_000_000)
        try net.nudgeWeights("w2", of: "w1")
        try net.publish("1.0.0", 10, weights: "w1")
        try net.publish("1.1.0", 11, weights: "w2")
        let delta = try net.publishDelta(from: "1.0.0", to: "1.1.0")
        try net.install(net.path("1.0.0.nacelle"))
        try rig.flip("\(rig.store)/slots/a/weights/large.bin", at: 2_000_000)

        // Without the full bundle at hand it cannot go on, and that says nothing of the version.
        try rig.refuses(.baseDamaged, "install", delta)
        #expect(try rig.status()["denied"] == .array([]))

        let answer = try net.install(net.address("1.1.0.nacelle"))
        #expect(answer.event("plan")?.text("form") == "delta")
        let warning = try #require(answer.event("warning"))
        #expect(warning.text("path") == "weights/large.bin", "\(warning)")
        let extra = try #require(answer.event("extra")?.number("fetched"))
        #expect(extra > 0 && extra < 2 << 20, "\(extra)")
        #expect(try rig.nacelle("verify", "--slot", "b").status == 0)
        try rig.shell("cmp \(rig.path("w2")) \(rig.store)/slots/b/weights/large.bin")
        #expect(try rig.nacelle("verify", "--slot", "a").status == FaultCode.slotAltered.exitStatus)
    }
}

extension NetworkTests {
    @Test func `a running version that is damaged all over ends a cheap way, and not every way`()
        throws
    {
        let net = try NetRig()
        let rig = net.rig
        try net.makeWeights("w1", bytes: 20_000_000)
        try net.makeWeights("w2", keeping: 19_900_000, of: "w1", adding: 1000)
        try net.publish("1.0.0", 10, weights: "w1")
        let bundle = try net.publish("1.1.0", 11, weights: "w2")
        try net.install(net.path("1.0.0.nacelle"))
        try rig.shell(
            "dd if=/dev/urandom of=\(rig.store)/slots/a/weights/large.bin bs=1M count=18 conv=notrunc"
        )
        let address = net.address("1.1.0.nacelle")
        let answer = try net.install(address, expecting: .baseDamaged)
        #expect(answer.output.contains("--form full"), "\(answer.output)")
        #expect(try net.sent("1.1.0.nacelle") < 10 << 20)
        #expect(try rig.status()["denied"] == .array([]))
        #expect(try rig.current == "slots/a")

        // Asked for by name, the full bundle is fetched as far as it is needed.
        try net.install("--form", "full", address)
        #expect(try rig.current == "slots/b")
        #expect(try rig.nacelle("verify", "--slot", "b").status == 0)
        // A file costs nothing.
        try net.goBack()
        try net.install("--allow-denied", bundle)
        #expect(try rig.nacelle("verify", "--slot", "b").status == 0)
    }

    @Test func `a server that knows no ranges serves all the same, and a replaced file is noticed`()
        throws
    {
        let net = try NetRig()
        let rig = net.rig
        try net.makeWeights("w1", bytes: 3_000_000)
        try net.makeWeights("w2", bytes: 9_000_000)
        try net.publish("1.0.0", 10, weights: "w1")
        try net.serve("max_ranges 0;")
        try net.install(net.address("1.0.0.nacelle"))
        #expect(try net.requests("1.0.0.nacelle").map(\.status) == [200])

        // The same name, built anew with another content while the first is on its way.
        try net.publish("1.1.0", 11, weights: "w2")
        let other = try rig.build(net.release("1.1.0", 12, weights: "w1"), as: "other")
        try net.serve("limit_rate 500k;")
        var child = try rig.start("install", net.address("1.1.0.nacelle"))
        try rig.wait { try rig.state("b") == "filling" }
        try rig.shell("mv \(other) \(net.path("1.1.0.nacelle"))")
        #expect(try child.exit() == FaultCode.serverChanged.exitStatus)
        #expect(try rig.current == "slots/a")
        try net.serve()
        try net.install(net.address("1.1.0.nacelle"))
        #expect(try rig.nacelle("verify").status == 0)
        try rig.shell("cmp \(rig.path("w1")) \(rig.store)/slots/b/weights/large.bin")
    }
}

extension NetRig {
    /// The length of a file.
    func size(_ path: String) throws -> Int64 {
        try #require(Int64(rig.shell("stat -c %s \(path)").filter { $0.isNumber }))
    }

    /// Back to the version before.
    func goBack() throws {
        let answer = try rig.nacelle("rollback")
        guard answer.status == 0 else { throw Fault(.internalError, answer.output) }
    }
}
