import DurableFiles
import Faults
import Sealing
import Slots
import StrictJSON
import TestKit
import Testing

@testable import Agent

@Suite struct ProbationProgressTests {
    private func record(_ tree: UInt8 = 1) throws -> SlotRecord {
        SlotRecord(
            state: .trial,
            identity: VersionIdentity(
                application: "bearing", version: "1.1.0", releaseCounter: 11,
                tree: try SHA256.digest(of: [tree])),
            bundle: "0123456789abcdef0123456789abcdef", whole: true)
    }

    private func report(
        _ state: String = "active", since: UInt64 = 0, restarts: Int = 0
    ) throws -> UnitReport {
        try #require(
            UnitReport(
                reading: "ActiveState=\(state)\nSubState=running\nNRestarts=\(restarts)\n"
                    + "ActiveEnterTimestampMonotonic=\(since)\n"))
    }

    @Test func `it goes on with the same version in the same slot, and with no other`() throws {
        try withScratch { (scratch) throws in
            let store = try Store.openOrMake(path: scratch.path + "/store", owner: nil)
            var progress = ProbationProgress(.b, try record())
            progress.watched = 1234
            progress.restarted = true
            #expect(ProbationProgress.load(.b, try record(), store) == nil)
            try store.writeState(ProbationProgress.file, progress.json.pretty)
            #expect(ProbationProgress.load(.b, try record(), store) == progress)
            #expect(ProbationProgress.load(.a, try record(), store) == nil)
            #expect(ProbationProgress.load(.b, try record(2), store) == nil)
            // Another boot: what was watched counts, what systemd counted does not.
            progress.boot = "another"
            progress.seenRestarts = 7
            try store.writeState(ProbationProgress.file, progress.json.pretty)
            let next = try #require(ProbationProgress.load(.b, try record(), store))
            #expect(next.watched == 1234 && !next.restarted)
            #expect(next.swapped == 0 && next.seenRestarts == 0)
            try store.writeState(ProbationProgress.file, Array("{".utf8))
            #expect(ProbationProgress.load(.b, try record(), store) == nil)
        }
    }

    @Test func `restarts are counted over a count that begins anew`() throws {
        var progress = ProbationProgress(.b, try record())
        progress.seenRestarts = 2
        for seen in [2, 3, 3, 5] { progress.count(seen) }
        #expect(progress.restarts == 3)
        progress.count(1)
        #expect(progress.restarts == 4)
    }

    @Test func `a unit surely runs the version only where it became active after the swap`() throws
    {
        var progress = ProbationProgress(.b, try record())
        progress.swapped = 1000
        #expect(progress.isRunning(try report(since: 1001)))
        #expect(!progress.isRunning(try report(since: 1000)))
        #expect(!progress.isRunning(try report(since: 0)))
        #expect(!progress.isRunning(try report("failed", since: 2000)))
        #expect(!progress.isRunning(try report("activating", since: 2000)))
        // After a reboot whatever was started runs it.
        progress.swapped = 0
        #expect(progress.isRunning(try report(since: 5)))
        #expect(progress.isRunning(try report("activating")))
        #expect(!progress.isRunning(try report("inactive")))
        #expect(!progress.isRunning(try report("failed")))
    }

    @Test func `damaged at any byte, it is read or refused`() throws {
        try damage(ProbationProgress(.b, try record()).json.pretty) { (bytes) throws(Fault) in
            _ = try ProbationProgress(reading: bytes)
        }
    }

    @Test func `the first healthy probe forgets the boots that failed, and only of the trial`()
        throws
    {
        try withScratch { (scratch) throws in
            let store = try Store.openOrMake(path: scratch.path + "/store", owner: nil)
            var trial = try record()
            trial.attempts = 2
            try store.write(trial, of: .b)
            try store.resetAttempts(of: .b, "test")
            #expect(try store.snapshot().record(.b)?.attempts == 2)
            _ = try store.emptySlot(.b)
            try store.setCurrent(.b)
            try store.resetAttempts(of: .b, "test")
            #expect(try store.snapshot().record(.b)?.attempts == 0)
        }
    }
}

@Suite struct ProofResultTests {
    @Test func `a fault comes through with its words`() throws {
        let fault = Fault(.smokeTooSlow, "Too slow.", advice: "Be faster.", cause: "p95")
        let result = ProofResult(slot: .b, bundle: "00ff", fault: fault)
        #expect(try ProofResult(reading: result.json.pretty) == result)
        let good = ProofResult(slot: .a, bundle: "00ff", fault: nil)
        #expect(try ProofResult(reading: good.json.pretty) == good)
    }

    @Test func `damaged at any byte, it is read or refused`() throws {
        let fault = Fault(.smokeTooSlow, "Too slow.", advice: "Be faster.")
        try damage(ProofResult(slot: .b, bundle: "00ff", fault: fault).json.pretty) {
            (bytes) throws(Fault) in
            _ = try ProofResult(reading: bytes)
        }
    }
}
