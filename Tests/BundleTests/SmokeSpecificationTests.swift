import Faults
import StrictJSON
import Testing

@testable import Bundle

private let inference = SmokeInference(
    program: SmokeProgram(
        path: "bin/serve", arguments: ["--socket", "{socket}"], environment: ["THREADS": "1"]),
    model: "bearing-fault_1.0", readyTimeout: 5000, deadline: 60_000,
    cases: ["smoke/test_data_set_0", "smoke/test_data_set_1"],
    tolerance: SmokeTolerance(absolute: 1e-3, relative: 0.01), minimumTop1Agreement: 0.95,
    latency: SmokeLatency(percentile: 95, limit: 5000, runs: 165, warmUp: 10),
    memory: SmokeMemory(limit: 64 << 20))

private let command = SmokeCommand(
    program: SmokeProgram(path: "bin/self-test"), deadline: 1000,
    memory: SmokeMemory(limit: 1 << 20))

private func read(_ json: JSONValue) throws(Fault) -> SmokeSpecification {
    try SmokeSpecification(JSONFields(json, path: "manifest.smoke"))
}

@Suite struct SmokeSpecificationTests {
    @Test(arguments: [SmokeSpecification.inference(inference), .command(command)])
    func `a specification reads back from its own JSON text`(
        specification: SmokeSpecification
    ) throws {
        let json = try JSONReader.read(
            specification.json.compact, limits: JSONLimits(bytes: 1 << 16))
        #expect(try read(json) == specification)
    }

    @Test func `optional limits may be missing`() throws {
        var plain = inference
        plain.latency = nil
        plain.memory = nil
        #expect(try read(SmokeSpecification.inference(plain).json) == .inference(plain))
    }

    @Test func `every field that is missing or of another kind is named`() throws {
        guard case .object(let members) = SmokeSpecification.inference(inference).json else {
            throw Fault(.internalError, "No object.")
        }
        let optional: Set = ["arguments", "environment", "latency", "memory"]
        for (place, member) in members.enumerated() {
            var fewer = members
            fewer.remove(at: place)
            if member.key == "arguments" || !optional.contains(member.key) {
                let fault = #expect(throws: Fault.self) { try read(.object(fewer)) }
                #expect(fault?.code == .malformed)
                #expect(fault?.message.contains(member.key) == true)
            }
            var other = members
            other[place].value = .bool(true)
            let fault = #expect(throws: Fault.self) { try read(.object(other)) }
            #expect(fault?.code == .malformed)
        }
    }

    @Test(arguments: [
        "", "/bin/x", "../x", "a/../b", "a//b", "a/", "./a", "a\nb",
        String(repeating: "a", count: 300),
    ])
    func `a path that leaves the slot is refused`(path: String) {
        var bad = inference
        bad.program.path = path
        #expect(throws: Fault.self) { try SmokeSpecification.inference(bad).validate() }
        bad = inference
        bad.cases = [path]
        #expect(throws: Fault.self) { try SmokeSpecification.inference(bad).validate() }
    }

    @Test func `what could not be run or proves nothing is refused`() {
        func refuses(_ change: (inout SmokeInference) -> Void) -> Bool {
            var bad = inference
            change(&bad)
            do {
                try SmokeSpecification.inference(bad).validate()
                return false
            } catch { return error.code == .malformed }
        }
        #expect(!refuses { _ in })
        #expect(refuses { $0.cases = [] })
        #expect(refuses { $0.cases = ["a", "a"] })
        #expect(refuses { $0.cases = (0..<1025).map { "case\($0)" } })
        #expect(refuses { $0.model = "a/b" })
        #expect(refuses { $0.model = ".." })
        #expect(refuses { $0.model = "" })
        #expect(refuses { $0.program.arguments = ["--port", "1"] })
        #expect(refuses { $0.program.arguments = Array(repeating: "{socket}", count: 65) })
        #expect(refuses { $0.program.arguments = ["{socket}", "a\0"] })
        #expect(refuses { $0.program.environment = ["HOME": "/"] })
        #expect(refuses { $0.program.environment = ["1A": "/"] })
        #expect(refuses { $0.program.environment = ["A=B": "/"] })
        #expect(refuses { $0.readyTimeout = 60_001 })
        #expect(refuses { $0.readyTimeout = -1 })
        #expect(refuses { $0.deadline = 0 })
        #expect(refuses { $0.deadline = .max })
        #expect(refuses { $0.tolerance.absolute = -1 })
        #expect(refuses { $0.tolerance.relative = .nan })
        #expect(refuses { $0.tolerance.absolute = .infinity })
        #expect(refuses { $0.minimumTop1Agreement = 1.1 })
        #expect(refuses { $0.minimumTop1Agreement = .nan })
        #expect(refuses { $0.memory = SmokeMemory(limit: 0) })
        #expect(refuses { $0.latency?.percentile = 100 })
        #expect(refuses { $0.latency?.percentile = .nan })
        #expect(refuses { $0.latency?.confidence = 1 })
        #expect(refuses { $0.latency?.limit = 0 })
        #expect(refuses { $0.latency?.warmUp = -1 })
        #expect(refuses { $0.latency?.runs = .max })
    }

    @Test func `too few runs are refused with the least number needed`() {
        var bad = inference
        bad.latency?.runs = 89
        let fault = #expect(throws: Fault.self) {
            try SmokeSpecification.inference(bad).validate()
        }
        #expect(fault?.message.contains("is 89") == true)
        #expect(fault?.message.contains("at least 90 runs") == true)
    }

    @Test(arguments: [(90, 0), (130, 1), (165, 2), (198, 3)])
    func `the published numbers of runs come out of the rule`(runs: Int, over: Int) {
        func allowed(_ runs: Int) -> Int? {
            SmokeLatency.allowedOver(runs: runs, percentile: 95, confidence: 0.99)
        }
        #expect(allowed(runs) == over)
        #expect(allowed(runs - 1) == (over == 0 ? nil : over - 1))
    }

    @Test func `the rule is the binomial one, and holds for very many runs`() {
        // By hand: P(X ≤ k) for n = 10, p = 0.5 is 1, 11, 56 of 1024.
        #expect(SmokeLatency.allowedOver(runs: 10, percentile: 50, confidence: 0.95) == 1)
        #expect(SmokeLatency.allowedOver(runs: 10, percentile: 50, confidence: 0.999) == 0)
        #expect(SmokeLatency.allowedOver(runs: 10, percentile: 50, confidence: 0.9999) == nil)
        #expect(SmokeLatency.leastRuns(percentile: 99, confidence: 0.99) == 459)
        let many = SmokeLatency.allowedOver(runs: 100_000, percentile: 95, confidence: 0.99)
        // The normal approximation: 5000 − 2.326 · √4750 ≈ 4840.
        #expect(many.map { (4830...4850).contains($0) } == true)
        for bad in [0.0, 100, -1, .nan, .infinity] {
            #expect(SmokeLatency.allowedOver(runs: 10, percentile: bad, confidence: 0.9) == nil)
        }
        #expect(SmokeLatency.allowedOver(runs: 0, percentile: 95, confidence: 0.9) == nil)
    }
}
