import Faults
import Glibc
import StrictJSON
import Testing

/// A version that is prepared first and swapped in later, through signals and restarts.
@Suite(.serialized) struct ActivationTests {
    /// A rig whose application counts its restarts, and is healthy.
    private func rig(_ more: String = "") throws -> Rig {
        let rig = try Rig()
        try rig.write("restart", "#!/bin/sh\necho x >> \(rig.path("restarts"))\n", mode: 0o755)
        try rig.configure(
            """
            activation: {restart: [\(rig.path("restart"))]\(more)}
            probe: {command: [/bin/true]}
            """)
        try rig.install(rig.scriptRelease("1.0.0", 10))
        try rig.shell("rm \(rig.path("restarts"))")
        return rig
    }

    private func restarts(_ rig: Rig) throws -> Int {
        try rig.shell("cat \(rig.path("restarts")) 2> /dev/null || true").count { $0 == "x" }
    }

    private func patient(_ rig: Rig, duration: String) throws -> String {
        try rig.build(
            rig.scriptRelease("1.1.0", 11).replacing(
                "duration: 200ms", with: "duration: \(duration)"), as: "patient")
    }

    @Test func `what was prepared is swapped in later, and nothing else`() throws {
        let rig = try rig()
        let nothing = try rig.nacelle("activate")
        #expect(nothing.status == FaultCode.notFound.exitStatus, "\(nothing.output)")
        #expect(nothing.output.contains("nacelle install --prepare"))

        let next = try rig.build(rig.scriptRelease("1.1.0", 11), as: "next")
        for _ in 0..<2 {
            let prepared = try rig.nacelle("install", "--prepare", next, "--json")
            #expect(prepared.status == 0, "\(prepared.output)")
            #expect(prepared.output.contains(#""outcome":"prepared""#), "\(prepared.output)")
            #expect(try rig.state("b") == "ready")
            #expect(try rig.current == "slots/a")
            #expect(try restarts(rig) == 0)
        }
        let activated = try rig.nacelle("activate", "--json")
        #expect(activated.status == 0, "\(activated.output)")
        #expect(activated.output.contains(#""outcome":"installed""#))
        #expect(try rig.current == "slots/b")
        #expect(try rig.state("b") == "good")
        #expect(try restarts(rig) == 1)
        let again = try rig.nacelle("install", "--prepare", next, "--json")
        #expect(again.output.contains(#""outcome":"already-running""#), "\(again.output)")
        #expect(try rig.nacelle("activate").status == FaultCode.notFound.exitStatus)
    }

    @Test func `hooks and probes of a store of another user are root's, and leave nothing running`()
        throws
    {
        let rig = try Rig()
        try rig.shell("mkdir \(rig.store) && chown daemon:daemon \(rig.store)")
        try rig.write(
            "leave",
            """
            #!/bin/sh
            id -u >> \(rig.path("told"))
            setsid sleep 7010.25 &
            su -s /bin/sh daemon -c 'sleep 7010.25 &'
            exit 0
            """, mode: 0o755)
        let leave = rig.path("leave")
        try rig.configure(
            """
            activation: {restart: [/bin/true], before: [\(leave)], after: [\(leave)]}
            probe: {command: [\(leave)]}
            """)
        try rig.install(rig.scriptRelease("1.0.0", 10))
        let told = try rig.shell("cat \(rig.path("told"))").split(separator: "\n")
        #expect(told.count >= 3 && told.allSatisfy { $0 == "0" }, "\(told)")
        #expect(try rig.shell("pgrep -f '^sleep 7010' || echo none") == "none\n")
    }

    @Test func `a first version is prepared once and swapped in`() throws {
        let rig = try Rig()
        let first = try rig.build(rig.scriptRelease("1.0.0", 10), as: "first")
        for _ in 0..<2 { #expect(try rig.nacelle("install", "--prepare", first).status == 0) }
        #expect(try rig.current == nil)
        #expect(try rig.state("a") == "ready")
        #expect(try rig.state("b") == nil)
        #expect(try rig.nacelle("activate").status == 0)
        #expect(try rig.current == "slots/a")
    }

    @Test func `a signal leaves the trial as it is, and the next one goes on with it`() throws {
        let rig = try rig()
        let next = try patient(rig, duration: "4s")
        #expect(try rig.nacelle("install", "--prepare", next).status == 0)
        var stopped = try rig.start("activate")
        try rig.wait {
            try rig.shell("cat \(rig.path("background.log"))").contains("Probation: ")
        }
        usleep(1_500_000)
        stopped.terminate()
        #expect(try stopped.exit() == FaultCode.cancelled.exitStatus)
        #expect(try rig.current == "slots/b")
        #expect(try rig.state("b") == "trial")
        #expect(
            try rig.shell("cat \(rig.path("background.log"))").contains("stays in trial"))
        // Killed outright it goes on as well, with what was written last.
        var killed = try rig.start("activate")
        try rig.wait { try rig.status()["filling"] != .null }
        killed.kill()
        _ = try? killed.exit()
        #expect(try rig.state("b") == "trial")

        let done = try rig.nacelle("activate")
        #expect(done.status == 0, "\(done.output)")
        let words = done.output.split(separator: "\n").first { $0.contains("were watched before") }
        let watched = try #require(words?.split(separator: " ").lazy.compactMap { Int($0) }.first)
        #expect(watched >= 500 && watched < 4000, "\(done.output)")
        #expect(try rig.state("b") == "good")
        // The application ran the version all the time.
        #expect(try restarts(rig) == 1)
        #expect(try rig.shell("ls \(rig.store)/state").contains("probation.json") == false)
    }

    @Test func `a signal ends a restart, a hook and a probe that hang, too`() throws {
        let rig = try rig()
        let next = try patient(rig, duration: "60s")
        #expect(try rig.nacelle("install", "--prepare", next).status == 0)
        for (part, state, ends) in [
            ("activation: {restart: [/bin/true], before: [/bin/sleep, '71.25']}", "ready", "a"),
            ("activation: {restart: [/bin/sleep, '71.25']}", "trial", "b"),
            ("probe: {command: [/bin/sleep, '71.25'], timeout: 90s}", "trial", "b"),
        ] {
            try rig.configure(part)
            var child = try rig.start("activate")
            try rig.wait { try rig.shell("pgrep -f 'sleep 71[.]25' || true") != "" }
            child.terminate()
            #expect(try child.exit() == FaultCode.cancelled.exitStatus, "\(part)")
            #expect(try rig.shell("pgrep -f 'sleep 71[.]25' || true") == "", "\(part)")
            #expect(try rig.state("b") == state, "\(part)")
            #expect(try rig.current == "slots/\(ends)", "\(part)")
        }
        // A trial that nobody goes on with can be left.
        try rig.configure()
        #expect(try rig.nacelle("rollback").status == 0)
        #expect(try rig.current == "slots/a")
        try rig.refuses(.notFound, "activate")
    }

    @Test func `a hook that says not now leaves the version ready`() throws {
        let rig = try rig()
        #expect(
            try rig.nacelle(
                "install", "--prepare", try rig.build(rig.scriptRelease("1.1.0", 11), as: "next")
            ).status == 0)
        try rig.write("busy", "#!/bin/sh\necho 'the rotor turns'\nexit 1\n", mode: 0o755)
        try rig.configure("activation: {before: [\(rig.path("busy"))]}")
        let answer = try rig.nacelle("activate")
        #expect(answer.status == FaultCode.busy.exitStatus)
        #expect(answer.output.contains("Not now: the rotor turns"), "\(answer.output)")
        #expect(try rig.state("b") == "ready")
        #expect(try rig.current == "slots/a")
        try rig.configure()
        #expect(try rig.nacelle("activate").status == 0)
    }

    @Test func `a fallback keeps what was seen, and says where`() throws {
        let rig = try rig()
        try rig.configure(
            """
            activation: {restart: [/bin/true], log: [/bin/echo, out of oil]}
            probe: {command: [/bin/sh, -c, "echo pressure; exit 3"]}
            """)
        let next = try rig.build(rig.scriptRelease("1.1.0", 11), as: "next")
        let answer = try rig.nacelle("install", next)
        #expect(answer.status == FaultCode.probationFailed.exitStatus)
        #expect(answer.output.contains("\(rig.store)/state/evidence.json"), "\(answer.output)")
        let kept = try rig.shell("cat \(rig.store)/state/evidence.json")
        #expect(kept.contains("out of oil") && kept.contains("pressure"), "\(kept)")
        let evidence = try #require(try rig.status()["evidence"])
        #expect(evidence["version"] == .string("1.1.0"))
        #expect(evidence["code"] == .string("probation-failed"))
        #expect(try rig.nacelle("status").output.contains("evidence   of version 1.1.0"))

        // A smoke run that fails leaves its own.
        let broken = try rig.build(
            rig.scriptRelease("1.2.0", 12, script: "echo no model >&2; exit 4"), as: "broken")
        #expect(try rig.nacelle("install", broken).status == FaultCode.smokeFailed.exitStatus)
        #expect(try rig.status()["evidence"]?["code"] == .string("smoke-failed"))
        #expect(try rig.shell("cat \(rig.store)/state/evidence.json").contains("no model"))
    }

    @Test func `a record of an earlier release is activated with the usual probation`() throws {
        let rig = try rig()
        let next = try rig.build(rig.scriptRelease("1.1.0", 11), as: "next")
        #expect(try rig.nacelle("install", "--prepare", next).status == 0)
        try rig.shell(
            """
            python3 - << 'END'
            import json
            path = "\(rig.store)/records/b.json"
            record = json.load(open(path))
            for key in ["watch", "envelope"]: del record[key]
            json.dump(record, open(path, "w"))
            END
            """)
        var child = try rig.start("activate")
        try rig.wait { try rig.state("b") == "trial" }
        child.terminate()
        #expect(try child.exit() == FaultCode.cancelled.exitStatus)
        #expect(
            try rig.shell("cat \(rig.path("background.log"))").contains("is watched for 60000 ms"))
        // The bundle itself says it again.
        #expect(try rig.nacelle("install", next).status == 0)
        #expect(try rig.state("b") == "good")
    }
}
