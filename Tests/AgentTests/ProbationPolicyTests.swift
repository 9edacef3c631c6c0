import Bundle
import Faults
import Testing

@testable import Agent

@Suite struct ProbationPolicyTests {
    private let specification = ProbationSpecification(
        duration: 1000, interval: 100, startTimeout: 500, failures: 3)
    private let healthy = ProbationSample()

    private func sick(_ problem: String) -> ProbationSample { ProbationSample(problem: problem) }

    private func reason(_ verdict: ProbationPolicy.Verdict) -> String? {
        guard case .failed(let why) = verdict else { return nil }
        return why
    }

    @Test func `it is good only after it was healthy for the whole duration`() {
        var policy = ProbationPolicy(specification)
        #expect(policy.probed(sick("starting"), at: 0) == .watching)
        #expect(policy.probed(healthy, at: 200) == .watching)
        #expect(policy.probed(healthy, at: 1199) == .watching)
        #expect(policy.probed(healthy, at: 1200) == .good)
    }

    @Test func `never healthy within the start time-out is a failure`() throws {
        var policy = ProbationPolicy(specification)
        #expect(policy.probed(sick("no"), at: 499) == .watching)
        let why = try #require(reason(policy.probed(sick("no"), at: 500)))
        #expect(why.contains("500 ms") && why.contains("no"))
    }

    @Test func `so many failures in a row fail it, and a healthy probe between forgives`() {
        var policy = ProbationPolicy(specification)
        var now: Int64 = 0
        _ = policy.probed(healthy, at: now)
        for _ in 0..<3 {
            #expect(policy.probed(sick("x"), at: now + 100) == .watching)
            #expect(policy.probed(sick("x"), at: now + 200) == .watching)
            #expect(policy.probed(healthy, at: now + 300) == .watching)
            now += 300
        }
        _ = policy.probed(sick("x"), at: now + 1)
        _ = policy.probed(sick("x"), at: now + 2)
        #expect(reason(policy.probed(sick("x"), at: now + 3))?.contains("3 probes") == true)
    }

    @Test func `one that comes and goes does not stay in trial for ever`() throws {
        var policy = ProbationPolicy(specification)
        var now: Int64 = 0
        var why: String?
        while why == nil, now < 100_000 {
            _ = policy.probed(healthy, at: now)
            why = reason(policy.probed(sick("x"), at: now + 100))
            now += 200
        }
        #expect(try #require(why).contains("1000 ms are forgiven"))
    }

    @Test func `a probation of no time is good at the first healthy probe`() {
        var policy = ProbationPolicy(ProbationSpecification(duration: 0))
        #expect(policy.probed(healthy, at: 0) == .good)
    }

    @Test func `what was watched before counts, and needs a healthy probe now`() {
        var policy = ProbationPolicy(specification, watched: 900)
        #expect(policy.probed(sick("starting"), at: 0) == .watching)
        #expect(policy.probed(healthy, at: 100) == .watching)
        #expect(policy.probed(healthy, at: 199) == .watching)
        #expect(policy.probed(healthy, at: 200) == .good)
        var whole = ProbationPolicy(specification, watched: 1000)
        #expect(whole.probed(sick("starting"), at: 0) == .watching)
        #expect(whole.probed(healthy, at: 1) == .good)
    }

    @Test func `time that was slept through does not count as watched`() {
        var policy = ProbationPolicy(
            ProbationSpecification(
                duration: 60_000, interval: 100, startTimeout: 500, failures: 3))
        #expect(policy.probed(healthy, at: 0) == .watching)
        #expect(policy.probed(healthy, at: 3_600_000) == .watching)
        #expect(policy.watched == 10_000)
    }

    @Test func `the time between a failed probe and a healthy one counts for neither side twice`() {
        var policy = ProbationPolicy(specification)
        _ = policy.probed(healthy, at: 0)
        _ = policy.probed(healthy, at: 100)
        _ = policy.probed(sick("x"), at: 250)
        _ = policy.probed(healthy, at: 300)
        #expect(policy.watched == 100)
        #expect(policy.unhealthy == 200)
    }

    @Test func `more restarts or memory of the unit than is allowed fail it at once`() {
        let limits = ProbationLimits(restarts: 2, memory: 1000)
        var policy = ProbationPolicy(specification, limits: limits)
        #expect(
            policy.probed(ProbationSample(restarts: 2, memory: 1000), at: 0) == .watching)
        let restarted = policy.probed(ProbationSample(restarts: 3, memory: 5), at: 100)
        #expect(reason(restarted)?.contains("3 times, and 2 are") == true)
        var second = ProbationPolicy(specification, limits: limits)
        let large = second.probed(ProbationSample(problem: nil, memory: 1001), at: 0)
        #expect(reason(large)?.contains("1001 bytes") == true)
        var free = ProbationPolicy(specification)
        #expect(free.probed(ProbationSample(restarts: 99, memory: 1 << 40), at: 0) == .watching)
    }
}

@Suite struct EvidenceTests {
    @Test func `only what speaks against the version denies it`() {
        for code in FaultCode.allCases {
            switch code {
            case .smokeWrongAnswer, .probationFailed:
                #expect(Evidence(code) == .conclusive)
            case .smokeTooSlow, .smokeMemory, .smokeNotReady, .smokeFailed, .smokeDeadline:
                #expect(Evidence(code) == .repeated)
            default:
                // Transport, disk, read-back, missing space or isolation say nothing about it.
                #expect(Evidence(code) == .none)
            }
        }
    }
}

@Suite struct MachineTests {
    @Test func `processor features are read from x86 and Arm lines`() {
        #expect(
            Machine.processorFeatures("processor\t: 0\nflags\t\t: fpu avx2 sha_ni\nflags\t: x\n")
                == ["fpu", "avx2", "sha_ni"])
        #expect(Machine.processorFeatures("Features\t: fp asimd\n") == ["fp", "asimd"])
        #expect(Machine.processorFeatures("") == [])
    }
}
