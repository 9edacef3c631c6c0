import Bundle
import DurableFiles
import Faults
import Glibc
import Slots
import StrictJSON
import TestKit
import Testing

@testable import Agent

@Suite struct TrialTests {
    private func rig(_ body: (inout TrialRig) throws -> Void) throws {
        try withScratch { (scratch) throws in
            var rig = try TrialRig(scratch.path)
            try body(&rig)
            #expect(try rig.text("trap") == nil, "systemctl was called as it must not be")
        }
    }

    private func unit(
        _ rig: inout TrialRig, restarts: Int = 3, memory: Int64? = nil
    ) {
        rig.activation.unit = "app.service"
        rig.probe = ProbeSettings(
            kind: .unit, timeout: 2000, restarts: restarts, memory: memory)
    }

    @Test func `a unit that stays active is good`() throws {
        try rig { (rig) throws in
            unit(&rig)
            #expect(try rig.swap().version == "1.1.0")
            let snapshot = try rig.store().snapshot()
            #expect(snapshot.current == .b && snapshot.running?.state == .good)
            #expect(snapshot.running?.probation?["passed"] == .bool(true))
            #expect(try rig.restarts() == 1)
            // A unit that crashed too often before must be started all the same.
            #expect(try rig.text("calls")?.contains("reset-failed app.service") == true)
            #expect(try rig.evidence() == nil)
        }
    }

    @Test func `a unit that was restarted too often brings the old version back, with evidence`()
        throws
    {
        try rig { (rig) throws in
            unit(&rig)
            rig.specification.duration = 60_000
            rig.activation.log = ["/bin/echo", "the last line"]
            // It crashes once it was looked at with the new version: what the unit had counted before
            // is not the version's.
            try rig.inBackground(
                "until [ \"$(sed -n '/ restart /,$p' calls 2> /dev/null | grep -c ' show ')\" -ge 2 ]; "
                    + "do sleep 0.1; done; echo 4 > restarts")
            let fault = #expect(throws: Fault.self) { try rig.swap() }
            #expect(fault?.code == .probationFailed)
            #expect(fault?.message.contains("restarted 4 times, and 3 are forgiven") == true)
            #expect(fault?.message.contains("Version 1.0.0 runs again.") == true)
            #expect(fault?.advice.contains("evidence.json") == true)
            let store = try rig.store()
            let snapshot = try store.snapshot()
            #expect(snapshot.current == .a && snapshot.record(.b)?.state == .bad)
            #expect(try store.denials().count == 1)
            #expect(try rig.restarts() == 2)
            let evidence = try #require(try rig.evidence())
            #expect(evidence.version == "1.1.0" && evidence.code == "probation-failed")
            #expect(evidence.restarts == 4 && evidence.memory == 1_000_000)
            #expect(evidence.log == ["the last line"])
            #expect(evidence.probes.last?.hasSuffix("healthy") == true)
        }
    }

    @Test func `a unit that takes too much memory brings the old version back`() throws {
        try rig { (rig) throws in
            unit(&rig, memory: 2_000_000)
            try rig.write("memory", "2000001\n")
            let fault = #expect(throws: Fault.self) { try rig.swap() }
            #expect(fault?.message.contains("2000001 bytes") == true, "\(fault?.message ?? "")")
            #expect(try rig.evidence()?.memory == 2_000_001)
        }
    }

    @Test func `a unit that is not active counts as a failed probe`() throws {
        try rig { (rig) throws in
            unit(&rig)
            try rig.write("state", "failed\n")
            rig.specification.startTimeout = 100
            let fault = #expect(throws: Fault.self) { try rig.swap() }
            #expect(fault?.message.contains("the unit is failed") == true)
        }
    }

    @Test func `a systemd that says nothing is no evidence where a probe answers`() throws {
        try rig { (rig) throws in
            unit(&rig, restarts: 0, memory: 1)
            rig.probe?.kind = .command(["/bin/true"])
            try rig.write("mute", "")
            #expect(try rig.swap().version == "1.1.0")
        }
    }

    @Test func `a restart that hangs or fails brings the old version back`() throws {
        for (name, state, words) in [
            ("hang", "activating", "did not end within 300 ms"), ("fail", "failed", "Job for app"),
        ] {
            try rig { (rig) throws in
                unit(&rig)
                rig.activation.timeout = name == "hang" ? 300 : 30_000
                try rig.write(name, "")
                try rig.write("state", state + "\n")
                let fault = #expect(throws: Fault.self) { try rig.swap() }
                #expect(fault?.code == .probationFailed)
                #expect(fault?.message.contains(words) == true, "\(fault?.message ?? "")")
                #expect(try rig.store().snapshot().current == .a)
                #expect(try rig.store().denials().count == 1)
                // The restart with the old version failed as well, and that is said, not hidden.
                #expect(rig.reporter.said("warning")?.contains("Restart it by hand") == true)
            }
        }
    }

    @Test(arguments: ["hang", "fail", "mute"])
    func `a systemd that does not restart it says nothing about the version`(name: String) throws {
        try rig { (rig) throws in
            unit(&rig)
            rig.activation.timeout = 300
            try rig.write(name, "")
            try rig.write("fail", "")
            // The application goes on as it was started before the swap.
            let fault = #expect(throws: Fault.self) { try rig.swap() }
            #expect(fault?.code == .permission)
            #expect(fault?.message.contains("Version 1.0.0 runs again.") == true)
            #expect(fault?.message.contains("..") == false)
            let snapshot = try rig.store().snapshot()
            #expect(snapshot.current == .a && snapshot.record(.b)?.state == .bad)
            #expect(try rig.store().denials().isEmpty)
        }
    }

    @Test func `a trial goes on without a restart where the unit runs it, and else with one`()
        throws
    {
        try rig { (rig) throws in
            unit(&rig)
            let store = try rig.store()
            _ = try store.swap(in: .b, "test")
            let record = try #require(try store.snapshot().record(.b))
            var progress = ProbationProgress(.b, record)
            progress.watched = 100
            progress.restarted = true
            try store.writeState(ProbationProgress.file, progress.json.pretty)
            try rig.write("since", "\(ProbationProgress.monotonicNow + 1)\n")
            try rig.resume()
            #expect(try rig.restarts() == 0)
            #expect(rig.reporter.said("running") != nil)
            #expect(rig.reporter.events.contains { $0.text.hasPrefix("100 of 150 ms") })
            #expect(try store.snapshot().running?.state == .good)
            #expect(try store.readState(ProbationProgress.file, limit: 4096) == nil)
        }
        try rig { (rig) throws in
            unit(&rig)
            let store = try rig.store()
            _ = try store.swap(in: .b, "test")
            let record = try #require(try store.snapshot().record(.b))
            // The unit became active before the swap: it runs the old version still.
            try rig.write("since", "\(ProbationProgress.monotonicNow - 1)\n")
            let progress = ProbationProgress(.b, record)
            try store.writeState(ProbationProgress.file, progress.json.pretty)
            try rig.resume()
            #expect(try rig.restarts() == 1)
        }
    }

    @Test func `what an earlier trial of the same version watched does not count`() throws {
        try rig { (rig) throws in
            unit(&rig)
            let store = try rig.store()
            var progress = ProbationProgress(.b, try TrialRig.record(.b, .trial))
            progress.watched = 1 << 30
            try store.writeState(ProbationProgress.file, progress.json.pretty)
            try rig.swap()
            #expect(!rig.reporter.events.contains { $0.event == "resumed" })
        }
    }

    @Test func `a hook that says no leaves everything as it is, in its own words`() throws {
        try rig { (rig) throws in
            unit(&rig)
            rig.activation.before = [
                try rig.script(
                    "before", "env | grep ^NACELLE | sort > told; echo 'feeding in'; exit 7")
            ]
            let fault = #expect(throws: Fault.self) { try rig.swap() }
            #expect(fault?.code == .busy)
            #expect(fault?.message.hasPrefix("Not now: feeding in (the hook ") == true)
            let snapshot = try rig.store().snapshot()
            #expect(snapshot.current == .a && snapshot.record(.b)?.state == .ready)
            #expect(try rig.text("calls") == nil)
            #expect(
                try rig.text("told") == """
                    NACELLE_HOOK=before
                    NACELLE_RUNNING=1.0.0
                    NACELLE_SLOT=\(rig.scratch)/store/slots/b
                    NACELLE_STORE=\(rig.scratch)/store
                    NACELLE_VERSION=1.1.0

                    """)
        }
    }

    @Test func `what a hook, a probe or a log command leaves running ends with it`() throws {
        try rig { (rig) throws in
            let leave = "setsid sleep $1 & sleep $1 & echo $! > $1; exit $2"
            let script = try rig.script("leave", leave)
            rig.activation.restart = ["/bin/true"]
            rig.activation.before = [script, "7001.25", "0"]
            rig.activation.after = [script, "7002.25", "0"]
            rig.activation.log = [script, "7003.25", "0"]
            rig.specification.startTimeout = 0
            rig.probe = ProbeSettings(kind: .command([script, "7004.25", "1"]), timeout: 1000)
            #expect(throws: Fault.self) { try rig.swap() }
            for mark in ["7001.25", "7002.25", "7003.25", "7004.25"] {
                let text = try #require(try rig.text(mark), "it did not run")
                let pid = try #require(pid_t(text.prefix { $0.isNumber }))
                #expect(kill(pid, 0) != 0 && errno == ESRCH)
                let left = try rig.lines(of: "sleep\0\(mark)\0")
                #expect(left == 0)
            }
        }
    }

    @Test func `what a restart command starts outlives it`() throws {
        try rig { (rig) throws in
            rig.activation.restart = [
                try rig.script("restart", "sleep 7005.25 > /dev/null 2>&1 & echo $! > daemon")
            ]
            try rig.swap()
            let text = try #require(try rig.text("daemon"))
            let pid = try #require(pid_t(text.prefix { $0.isNumber }))
            #expect(kill(pid, SIGKILL) == 0)
        }
    }

    @Test func `a program's end and its words make one sentence, short and readable`() throws {
        for (script, words) in [
            ("echo no.; exit 3", "the probe command exited with status 3: no. Version"),
            ("kill -9 $$", "the probe command was ended by signal 9 (Killed). Version"),
            ("head -c 100000 /dev/zero; exit 1", "the probe command exited with status 1. Version"),
            ("yes a | head -n 900 | tr -d '\\n'; exit 1", String(repeating: "a", count: 200) + "."),
        ] {
            try rig { (rig) throws in
                rig.activation.restart = ["/bin/true"]
                rig.specification.startTimeout = 0
                rig.probe = ProbeSettings(
                    kind: .command([try rig.script("probe", script)]), timeout: 5000)
                let fault = #expect(throws: Fault.self) { try rig.swap() }
                let message = try #require(fault?.message)
                #expect(message.contains(words), "\(message)")
                #expect(!message.contains("..") && message.count < 400, "\(message)")
            }
        }
    }

    @Test func `a hook that says zeros is told by its status`() throws {
        try rig { (rig) throws in
            rig.activation.before = [
                try rig.script("before", "head -c 100000 /dev/zero; exit 3")
            ]
            let fault = #expect(throws: Fault.self) { try rig.swap() }
            #expect(
                fault?.message == "Not now: the hook \(rig.scratch)/before exited with status 3.")
        }
    }

    @Test func `a hook that hangs is ended with all that it started`() throws {
        try rig { (rig) throws in
            unit(&rig)
            rig.activation.hookTimeout = 300
            rig.activation.before = [
                try rig.script("before", "echo $$ > group; sleep 61.5 & sleep 62.5")
            ]
            let fault = #expect(throws: Fault.self) { try rig.swap() }
            #expect(fault?.message.contains("did not end within 300 ms") == true)
            let text = try #require(try rig.text("group"))
            let group = try #require(pid_t(text.prefix { $0.isNumber }))
            // Init reaps what was killed; until then it is still seen.
            for _ in 0..<500 where kill(-group, 0) == 0 { usleep(10_000) }
            #expect(kill(-group, 0) != 0 && errno == ESRCH)
        }
    }

    @Test func `the hook after it is told the outcome, and changes nothing`() throws {
        for (state, outcome, running) in [
            ("active", "good", "1.1.0"), ("failed", "fell-back", "1.0.0"),
        ] {
            try rig { (rig) throws in
                unit(&rig)
                rig.specification.startTimeout = 100
                try rig.write("state", state + "\n")
                rig.activation.after = [
                    try rig.script("after", "env | grep ^NACELLE > told; echo no; exit 1")
                ]
                _ = try? rig.swap()
                let told = try #require(try rig.text("told"))
                for line in [
                    "NACELLE_HOOK=after", "NACELLE_OUTCOME=\(outcome)", "NACELLE_VERSION=1.1.0",
                    "NACELLE_RUNNING=\(running)",
                ] {
                    #expect(told.contains(line + "\n"), "\(told)")
                }
                #expect(rig.reporter.events.contains { $0.text.hasPrefix("After the swap: no") })
                #expect(try rig.store().snapshot().current == (outcome == "good" ? .b : .a))
            }
        }
    }

    @Test func `a probe that hangs is a failed probe`() throws {
        try rig { (rig) throws in
            rig.activation.restart = ["/bin/true"]
            rig.probe = ProbeSettings(kind: .command(["/bin/sleep", "63.5"]), timeout: 100)
            rig.specification.startTimeout = 150
            let fault = #expect(throws: Fault.self) { try rig.swap() }
            #expect(fault?.code == .probationFailed)
            #expect(fault?.message.contains("did not end within 100 ms") == true)
        }
    }

    @Test func `an application that logged 100 MB leaves its last lines`() throws {
        try rig { (rig) throws in
            rig.activation.restart = ["/bin/true"]
            rig.activation.log = [
                try rig.script(
                    "log", "yes 'all is well, and has been for long' | head -c 100000000; echo end")
            ]
            rig.probe = ProbeSettings(kind: .command(["/bin/false"]), timeout: 1000)
            rig.specification.startTimeout = 0
            #expect(throws: Fault.self) { try rig.swap() }
            let evidence = try #require(try rig.evidence())
            #expect(evidence.log.last?.hasSuffix("end") == true, "\(evidence.log.suffix(2))")
            #expect(evidence.log.count == 100)
            let bytes = try rig.store().readState(FailureEvidence.file, limit: 64 << 10)
            #expect(try #require(bytes).count <= 64 << 10)
        }
    }

    @Test func `a log that hangs or cannot be read does not hold the fallback up for long`() throws
    {
        try rig { (rig) throws in
            rig.activation.restart = ["/bin/true"]
            rig.activation.log = ["/bin/sleep", "64.5"]
            rig.probe = ProbeSettings(kind: .command(["/bin/false"]), timeout: 1000)
            rig.specification.startTimeout = 0
            #expect(throws: Fault.self) { try rig.swap() }
            #expect(try rig.evidence()?.log.last?.contains("did not end within") == true)
            #expect(try rig.store().snapshot().current == .a)
        }
    }

    @Test func `evidence that cannot be kept does not stop the fallback`() throws {
        try rig { (rig) throws in
            rig.activation.restart = ["/bin/true"]
            rig.probe = ProbeSettings(kind: .command(["/bin/false"]), timeout: 1000)
            rig.specification.startTimeout = 0
            // It cannot be written beside its place.
            _ = try Directory.open(path: rig.scratch + "/store/state").make(".evidence.json.new")
            let fault = #expect(throws: Fault.self) { try rig.swap() }
            #expect(fault?.code == .probationFailed)
            #expect(try rig.store().snapshot().current == .a)
            #expect(rig.reporter.said("warning")?.contains("is not kept") == true)
        }
    }

    @Test func `a cancel during the probation brings the old version back, and denies nothing`()
        throws
    {
        try rig { (rig) throws in
            rig.activation.restart = ["/bin/true"]
            rig.specification.duration = 60_000
            rig.probe = ProbeSettings(
                kind: .command([try rig.script("probe", "echo why. > store/state/cancel")]),
                timeout: 2000)
            let fault = #expect(throws: Fault.self) { try rig.swap() }
            #expect(fault?.code == .cancelled)
            #expect(
                fault?.message == "The probation of version 1.1.0 was not finished: Stopped: why. "
                    + "Version 1.0.0 runs again.")
            let snapshot = try rig.store().snapshot()
            #expect(snapshot.current == .a && snapshot.record(.b)?.state == .bad)
            #expect(try rig.store().denials().isEmpty)
            #expect(try rig.evidence() == nil)
        }
    }

    @Test func `a rollback during the probation settles it`() throws {
        try rig { (rig) throws in
            rig.activation.restart = ["/bin/true"]
            rig.specification.duration = 60_000
            let place = rig.scratch + "/store"
            rig.probe = ProbeSettings(
                kind: .command([
                    // The probe itself asks for it, as a command beside it would.
                    try rig.script(
                        "probe", "ln -sfn slots/a \(place)/current; echo x > \(place)/state/cancel")
                ]), timeout: 2000)
            let fault = #expect(throws: Fault.self) { try rig.swap() }
            #expect(fault?.code == .cancelled)
            let snapshot = try rig.store().snapshot()
            #expect(snapshot.current == .a)
            #expect(try rig.store().denials().isEmpty)
        }
    }
}
