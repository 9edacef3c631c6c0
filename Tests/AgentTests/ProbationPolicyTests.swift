import Bundle
import Faults
import Testing

@testable import Agent

@Suite struct ProbationPolicyTests {
    private let specification = ProbationSpecification(
        duration: 1000, interval: 100, startTimeout: 500, failures: 3)

    @Test func `it is good only after it was healthy for the whole duration`() {
        var policy = ProbationPolicy(specification)
        #expect(policy.probed("starting", at: 0) == .watching)
        #expect(policy.probed(nil, at: 200) == .watching)
        #expect(policy.probed(nil, at: 1199) == .watching)
        #expect(policy.probed(nil, at: 1200) == .good)
    }

    @Test func `never healthy within the start time-out is a failure`() {
        var policy = ProbationPolicy(specification)
        #expect(policy.probed("no", at: 499) == .watching)
        guard case .failed(let why) = policy.probed("no", at: 500) else {
            Issue.record("it goes on")
            return
        }
        #expect(why.contains("500 ms") && why.contains("no"))
    }

    @Test func `so many failures in a row fail it, and a healthy probe between forgives`() {
        var policy = ProbationPolicy(specification)
        _ = policy.probed(nil, at: 0)
        for _ in 0..<5 {
            #expect(policy.probed("x", at: 100) == .watching)
            #expect(policy.probed("x", at: 200) == .watching)
            #expect(policy.probed(nil, at: 300) == .watching)
        }
        _ = policy.probed("x", at: 400)
        _ = policy.probed("x", at: 500)
        guard case .failed = policy.probed("x", at: 600) else {
            Issue.record("three failures in a row were passed over")
            return
        }
    }

    @Test func `a probation of no time is good at the first healthy probe`() {
        var policy = ProbationPolicy(ProbationSpecification(duration: 0))
        #expect(policy.probed(nil, at: 0) == .good)
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
