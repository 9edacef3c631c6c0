import Bundle
import DurableFiles
import Faults
import Sealing
import Slots
import StrictJSON
import Telemetry
import TestKit
import Testing

@testable import Agent

@Suite struct DriftGuardTests {
    private func rig(
        _ answers: String, _ limits: DriftLimits = DriftLimits(),
        _ body: (inout HealthRig) throws -> Void
    ) throws {
        try withScratch { (scratch) throws in
            var rig = try HealthRig(scratch.path, answers, limits)
            try body(&rig)
        }
    }

    @Test func `a model that answers as over its validation data is good`() throws {
        try rig("good") { (rig) throws in
            #expect(try rig.rig.swap().version == "1.1.0")
            let running = try rig.rig.store().snapshot().running
            #expect(running?.state == .good)
            #expect(running?.probation?["model"]?["verdict"] == .string("good"))
            let health = try #require(try rig.health())
            #expect(health.verdict == .good && health.totals.samples >= 2000)
        }
    }

    @Test func `a model whose inputs changed is left, with figures, whatever its probe says`()
        throws
    {
        try rig("worse") { (rig) throws in
            let fault = #expect(throws: Fault.self) { try rig.rig.swap() }
            #expect(fault?.code == .probationFailed)
            #expect(fault?.message.contains("rms of input “x” lies ") == true)
            #expect(fault?.message.contains("and 0.25 is allowed") == true)
            let store = try rig.rig.store()
            let snapshot = try store.snapshot()
            #expect(snapshot.current == .a)
            let left = snapshot.record(.b)
            #expect(left?.state == .bad)
            #expect(left?.probation?["model"]?["verdict"] == .string("worse"))
            #expect(left?.probation?["model"]?["figures"]?["samples"] != nil)
            let denied = try store.denials().map(\.identity.version)
            #expect(denied == ["1.1.0"])
            #expect(try rig.rig.evidence()?.reason.contains("rms of input") == true)
        }
    }

    @Test func `a dead sensor is seen by inputs that do not change`() throws {
        try rig("dead") { (rig) throws in
            let fault = #expect(throws: Fault.self) { try rig.rig.swap() }
            #expect(fault?.message.contains("% of inputs do not change, and 5.00 % are") == true)
            #expect(try rig.rig.store().snapshot().current == .a)
        }
    }

    @Test(arguments: ["few", "mute"])
    func `too little to say anything keeps the version after the longer probation`(answers: String)
        throws
    {
        var limits = DriftLimits()
        limits.longest = 700
        try rig(answers, limits) { (rig) throws in
            _ = try rig.rig.swap()
            let running = try rig.rig.store().snapshot().running
            #expect(running?.state == .good)
            #expect((running?.probation?["watched"]).map { "\($0)" } != nil)
            #expect(running?.probation?["model"]?["verdict"] == .string("undecided"))
            let words = rig.rig.reporter.events.filter { $0.event == "undecided" }.map(\.text)
            #expect(words.count == 2)
            #expect(
                words.last?.contains(answers == "few" ? "of 500 predictions" : "answered 404")
                    == true)
        }
    }

    @Test func `where the manifest says so it is left then, and not denied`() throws {
        var limits = DriftLimits()
        limits.longest = 300
        limits.undecided = .back
        try rig("few", limits) { (rig) throws in
            let fault = #expect(throws: Fault.self) { try rig.rig.swap() }
            #expect(fault?.message.contains("nothing could be said of its model") == true)
            #expect(fault?.advice.contains("not denied") == true)
            let store = try rig.rig.store()
            #expect(try store.snapshot().current == .a)
            let denials = try store.denials()
            #expect(denials.isEmpty)
        }
    }

    @Test func `the machine's word on that goes before the manifest's`() throws {
        var limits = DriftLimits()
        limits.undecided = .back
        try rig("few", limits) { (rig) throws in
            rig.rig.health.settings.longest = 0
            rig.rig.health.settings.undecided = .good
            #expect(try rig.rig.swap().version == "1.1.0")
        }
    }

    @Test func `without a reference, or told not to look, a machine goes by the probe`() throws {
        try rig("worse") { (rig) throws in
            rig.rig.health.settings.isOn = false
            #expect(try rig.rig.swap().version == "1.1.0")
        }
        try rig("worse") { (rig) throws in
            let store = try rig.rig.store()
            try store.writeEnvelope(of: .b, [1, 2, 3])
            #expect(try rig.rig.swap().version == "1.1.0")
            let said = rig.rig.reporter.said("warning")
            #expect(said?.contains("whose reference cannot be read: The envelope") == true)
        }
    }

    @Test func `a version that is swapped in again begins without what was seen before`() throws {
        try rig("good") { (rig) throws in
            let store = try rig.rig.store()
            let record = try #require(try store.snapshot().record(.b))
            var judge = DriftJudge(DriftLimits())
            var figures = DriftFigures(HealthRig.counts(2), against: HealthRig.counts(2))
            figures.errorShare = 1
            for _ in 0..<2 { _ = judge.take(figures) }
            guard case .worse = judge.verdict else {
                Issue.record("\(judge.verdict)")
                return
            }
            let old = HealthState(tree: record.identity.tree.hex, DriftLimits(), at: 5)
            let kept = String(decoding: old.json.compact, as: UTF8.self).replacing(
                "\"judge\":{", with: "\"judge\":\(judge.json.compactText.dropLast()),\"x\":{")
            try store.writeState("health.json", Array((kept + "}").utf8))
            let before = try #require(try rig.health())
            #expect(before.verdict?.name == "worse")
            #expect(try rig.rig.swap().version == "1.1.0")
        }
    }

    @Test func `a page of another model is not counted for this version`() throws {
        for (digest, counted) in [("ab", 2000), ("cd", 0), ("", 2000)] {
            try withScratch { (scratch) throws in
                let rig = try HealthRig(scratch.path, "good", digest: digest)
                let store = try rig.rig.store()
                let record = try #require(try store.snapshot().record(.b))
                var look = try HealthLook(rig.rig.health, .b, record, store)
                var health = look.kept(store)
                for _ in 0..<3 {
                    health = try look.look(store, least: 3600, command: "test", checkpoint: {})
                }
                #expect(health.totals.samples == UInt64(counted))
                #expect(health.problem.contains("another model answers") == (counted == 0))
            }
        }
    }
}
