import Bundle
import DurableFiles
import Faults
import Glibc
import Processes
import StrictJSON
import TestKit
import Testing

@testable import Smoke

@Suite struct SmokeRunTests {
    @Test func `a good version passes, and the report holds what was measured`() throws {
        try withSlot { slot in
            let specification = SmokeSlot.specification("good") {
                // 200 ms a run is far from anything this program needs.
                $0.latency = SmokeLatency(limit: 200_000, runs: 90, warmUp: 3)
                $0.memory = SmokeMemory(limit: 512 << 20)
            }
            let outcome = slot.outcome(specification)
            #expect(outcome.fault == nil)
            let report = outcome.report
            #expect(report.passed && report.isolation == "full" && report.user == "65534")
            #expect(report.cases.count == 3 && report.top1Agreement == 1)
            #expect(report.cases.allSatisfy { $0.elements == 4 && $0.worstAbsolute < 1e-3 })
            #expect(report.latency?.runs == 90 && report.latency?.allowedOver == 0)
            let latency = try #require(report.latency)
            #expect(latency.p50 > 0 && latency.p50 <= latency.p95 && latency.p99 <= latency.slowest)
            // An interpreter takes some megabytes.
            #expect(report.peakMemory.map { $0 > 2 << 20 && $0 < 512 << 20 } == true)
            #expect(report.ready != nil)
            #expect(report.summary.contains { $0.hasPrefix("answers    3 of 3 cases") })
            let json = try JSONReader.read(report.json.compact, limits: JSONLimits(bytes: 1 << 16))
            #expect(json["passed"] == .bool(true))
            #expect(json["memory"]?["metric"] == .string("peak-resident"))
            #expect(slot.isClean)
        }
    }

    @Test(arguments: ["good", "close", "nested", "unnamed", "stubborn", "prints"])
    func `answers within tolerance and harmless habits pass`(mode: String) throws {
        try withSlot { slot in
            let outcome = slot.outcome(SmokeSlot.specification(mode))
            #expect(outcome.fault == nil)
            #expect(outcome.report.output.utf8.count <= 3 * 16384)
            #expect(slot.isClean)
        }
    }

    @Test(arguments: ["wrong", "nan", "null", "shape", "datatype", "short"])
    func `other answers than the golden ones are wrong`(mode: String) throws {
        try withSlot { slot in
            let outcome = slot.outcome(SmokeSlot.specification(mode))
            #expect(outcome.fault?.code == .smokeWrongAnswer)
            #expect(outcome.report.ready != nil && !outcome.report.passed)
            #expect(slot.isClean)
        }
    }

    @Test func `the fault of wrong answers gives the numbers`() throws {
        try withSlot { slot in
            let outcome = slot.outcome(SmokeSlot.specification("wrong"))
            let message = outcome.fault?.message ?? ""
            #expect(message.contains("3 of 3 golden cases differ; smoke/test_data_set_0"))
            #expect(message.contains("1 of 4 numbers") && message.contains("by 0.5"))
            #expect(outcome.report.cases.allSatisfy { $0.worstAbsolute == 0.5 })
        }
    }

    @Test func `too low a top-1 agreement is wrong though every number is within tolerance`() throws
    {
        try withSlot { slot in
            let lax = SmokeTolerance(absolute: 1000, relative: 0)
            let failed = slot.outcome(SmokeSlot.specification("swapped") { $0.tolerance = lax })
            #expect(failed.fault?.code == .smokeWrongAnswer)
            // Only the second case has its highest class among the two that were swapped.
            #expect(failed.report.top1Agreement.map { abs($0 - 2.0 / 3) < 1e-9 } == true)
            let passed = slot.outcome(
                SmokeSlot.specification("swapped") {
                    $0.tolerance = lax
                    $0.minimumTop1Agreement = 0.6
                })
            #expect(passed.fault == nil)
        }
    }

    @Test func `a slow version is refused as soon as that is certain`() throws {
        try withSlot { slot in
            let outcome = slot.outcome(
                SmokeSlot.specification("slow") {
                    $0.latency = SmokeLatency(limit: 20_000, runs: 198, warmUp: 2)
                })
            #expect(outcome.fault?.code == .smokeTooSlow)
            // Three may be over, so the fourth decides.
            #expect(outcome.report.latency?.runs == 4 && outcome.report.latency?.over == 4)
            #expect(outcome.fault?.message.contains("20000 µs") == true)
        }
    }

    @Test(arguments: ["exits", "crashes", "never-ready", "unready"])
    func `a version that never becomes ready is told why`(mode: String) throws {
        try withSlot { slot in
            let outcome = slot.outcome(
                SmokeSlot.specification(mode) {
                    if mode == "never-ready" { $0.readyTimeout = 1500 }
                    // Long enough that a busy machine has started the program and asked it.
                    if mode == "unready" { $0.readyTimeout = 10_000 }
                })
            #expect(outcome.fault?.code == .smokeNotReady)
            let words = [
                "exits": "exited with status 3", "crashes": "signal 11",
                "never-ready": "within 1500 ms", "unready": "HTTP status 503",
            ]
            #expect(outcome.fault?.message.contains(words[mode] ?? "?") == true)
            if mode == "exits" { #expect(outcome.fault?.cause == "cannot find the weights") }
            #expect(outcome.report.ready == nil && outcome.report.cases.isEmpty)
            #expect(slot.isClean)
        }
    }

    @Test(arguments: ["hog", "late-hog"])
    func `a version that eats memory is stopped at its limit`(mode: String) throws {
        try withSlot { slot in
            let outcome = slot.outcome(
                SmokeSlot.specification(mode) { $0.memory = SmokeMemory(limit: 100 << 20) })
            #expect(outcome.fault?.code == .smokeMemory)
            #expect(outcome.fault?.message.contains("its limit is 104857600") == true)
            #expect(outcome.report.peakMemory.map { $0 > 100 << 20 } == true)
            #expect(slot.isClean)
        }
    }

    @Test(arguments: [
        "refuses", "dies", "cut", "invalid", "deep", "huge", "many", "strings", "leaves", "fills",
    ])
    func `a version that crashes or breaks the protocol fails`(mode: String) throws {
        try withSlot { slot in
            let outcome = slot.outcome(
                SmokeSlot.specification(mode) {
                    // Long enough for the program that leaves 300 ms after its second answer.
                    $0.latency = SmokeLatency(limit: 1_000_000, runs: 50_000)
                    if mode != "leaves" { $0.latency = nil }
                })
            #expect(outcome.fault?.code == .smokeFailed)
            if mode == "dies" {
                #expect(outcome.fault?.message.contains("signal 9") == true)
                #expect(outcome.fault?.cause == "segmentation fault, core dumped")
                #expect(outcome.report.cases.count == 1)
            }
            if mode == "refuses" { #expect(outcome.fault?.cause?.contains("\u{1B}") == false) }
            if mode == "fills" { #expect(outcome.fault?.message.contains("filled") == true) }
            #expect(slot.isClean)
        }
    }

    @Test func `the whole run has a deadline`() throws {
        try withSlot { slot in
            let outcome = slot.outcome(
                SmokeSlot.specification("hangs") {
                    $0.deadline = 2000
                    $0.readyTimeout = 2000
                })
            #expect(outcome.fault?.code == .smokeDeadline)
            #expect(outcome.fault?.message.contains("2000 ms") == true)
        }
    }

    @Test func `an isolated version reaches neither network nor slot, and sees its environment`()
        throws
    {
        try withSlot { slot in
            let outcome = slot.outcome(SmokeSlot.specification("escapes"))
            #expect(outcome.fault == nil)
            let output = outcome.report.output
            #expect(output.contains("network Network is unreachable\n"))
            #expect(output.contains("slot Read-only file system\n"))
            #expect(output.contains("tmp Read-only file system\n"))
            #expect(output.contains("work POSSIBLE\n"))
            let variables =
                "['HOME', 'LC_ALL', 'ORT_DISABLE_TELEMETRY', 'PATH', 'THREADS', 'TMPDIR']"
            #expect(output.contains("uid 65534 env \(variables) cwd \(slot.slot.path)\n"))
        }
    }

    @Test(arguments: [true, false])
    func `daemons that a version leaves behind are dead at the end`(isolated: Bool) throws {
        try withSlot { slot in
            let mark = "\(Int.random(in: 10_000_000...99_999_999))"
            let isolation: SmokeConfiguration.Isolation =
                isolated ? .full(UserAccount(user: 65534, group: 65534)) : .none
            let outcome = slot.outcome(SmokeSlot.specification("daemon", [mark]), isolation)
            #expect(outcome.fault == nil)
            let search = try Command(
                executable: "/usr/bin/pgrep", arguments: ["-f", "sleep \(mark)"]
            ).run(until: Deadline(after: .seconds(10)))
            #expect(search.status == .exited(1) && search.output.isEmpty)
        }
    }

    @Test func `a cancel ends the run with its own fault`() throws {
        try withSlot { slot in
            let patience = Deadline(after: .milliseconds(300))
            let outcome = slot.outcome(SmokeSlot.specification("never-ready")) {
                () throws(Fault) in
                if patience.passed { throw Fault(.cancelled, "A rollback was asked for.") }
            }
            #expect(outcome.fault?.code == .cancelled)
            #expect(slot.isClean)
        }
    }

    @Test func `a user that could write the store is refused, and none is said by name`() throws {
        try withSlot { slot in
            for user in [UInt32(0), geteuid()] {
                let refused = slot.outcome(
                    SmokeSlot.specification("good"), .full(UserAccount(user: user, group: 0)))
                #expect(refused.fault?.code == .isolationUnavailable)
            }
            try slot.slot.chown(owner: 1234, group: 1234)
            let owner = slot.outcome(
                SmokeSlot.specification("good"), .full(UserAccount(user: 1234, group: 1234)))
            #expect(owner.fault?.message.contains("owns the slot") == true)
            let none = slot.outcome(SmokeSlot.specification("good"), .none)
            #expect(none.fault == nil)
            #expect(none.report.isolation == "none" && none.report.user == "user 0")
            #expect(slot.isClean)
        }
    }

    @Test func `without isolation a version that fills the disk is stopped too`() throws {
        try withSlot { slot in
            let outcome = slot.outcome(SmokeSlot.specification("fills"), .none)
            #expect(outcome.fault?.code == .smokeFailed)
            #expect(outcome.fault?.message.contains("filled") == true)
            #expect(slot.isClean)
        }
    }

    @Test func `a socket path that Linux cannot take is refused in words`() throws {
        try withSlot { slot in
            let long = String(repeating: "d", count: 90)
            let deep = try Directory.open(path: slot.run).make(long).path
            let outcome = SmokeRun(
                SmokeSlot.specification("good"),
                SmokeConfiguration(
                    isolation: .full(UserAccount(user: 65534, group: 65534)), runtimeDirectory: deep
                )
            ).perform(in: slot.slot)
            #expect(outcome.fault?.code == .configuration)
            #expect(outcome.fault?.message.contains("107") == true)
        }
    }

    @Test func `a program that is missing or a golden case that is unreadable is told`() throws {
        try withSlot { slot in
            let missing = slot.outcome(
                SmokeSlot.specification("good") { $0.program.path = "bin/absent" })
            #expect(missing.fault?.code == .smokeFailed)
            #expect(missing.fault?.message.contains("bin/absent") == true)
            let place = try slot.slot.open("smoke").open("test_data_set_1")
            try place.replace("output_0.pb", with: [1, 2, 3])
            let unreadable = slot.outcome(SmokeSlot.specification("good"))
            #expect(unreadable.fault?.code == .malformed)
            #expect(unreadable.fault?.message.contains("test_data_set_1/output_0.pb") == true)
            let absent = slot.outcome(
                SmokeSlot.specification("good") { $0.cases = ["smoke/nowhere"] })
            #expect(absent.fault?.code == .malformed)
            #expect(slot.isClean)
        }
    }

    @Test func `a smoke command must exit with 0 within its deadline`() throws {
        try withSlot { slot in
            func run(_ script: String, deadline: Int = 20_000, memory: Int? = nil) throws
                -> SmokeOutcome
            {
                let bin = try slot.slot.open("bin")
                try bin.replace("check", with: Array("#!/bin/sh\n\(script)\n".utf8), mode: 0o755)
                return slot.outcome(
                    .command(
                        SmokeCommand(
                            program: SmokeProgram(path: "bin/check", arguments: ["a b"]),
                            deadline: deadline, memory: memory.map { SmokeMemory(limit: $0) })))
            }
            let good = try run("echo \"$1\" in $PWD; id -u")
            #expect(good.fault == nil && good.report.kind == "command")
            #expect(good.report.output == "a b in \(slot.slot.path)\n65534\n")
            let bad = try run("echo first; echo why >&2; exit 4")
            #expect(bad.fault?.code == .smokeFailed)
            #expect(bad.fault?.message == "The smoke command bin/check exited with status 4.")
            #expect(bad.fault?.cause == "first | why")
            #expect(try run("sleep 100", deadline: 300).fault?.code == .smokeDeadline)
            let hog = "x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; sleep 0.02; done"
            #expect(try run(hog, memory: 20 << 20).fault?.code == .smokeMemory)
            #expect(slot.isClean)
        }
    }
}
