import Bundle
import DurableFiles
import Faults
import Glibc
import Processes
import TestKit

@testable import Smoke

/// A slot with the test program and golden cases, and how to run it.
final class SmokeSlot {
    let slot: Directory
    let run: String

    static let inputs: [[Float]] = [[0, 1, 2, 3], [3.5, -1, 0.1, 1e-7], [-5, -4.25, -3, 0]]

    init(in scratch: borrowing Directory) throws {
        slot = try scratch.make("slot")
        run = try scratch.make("run").path
        try slot.make("bin").replace("serve", with: Array(programScript.utf8), mode: 0o755)
        let smoke = try slot.make("smoke")
        for (number, input) in SmokeSlot.inputs.enumerated() {
            let place = try smoke.make("test_data_set_\(number)")
            try place.replace("input_0.pb", with: ProtobufMaker.floats("x", shape: [1, 4], input))
            try place.replace(
                "output_0.pb",
                with: ProtobufMaker.floats("y", shape: [1, 4], input.map { 2 * $0 + 0.25 }))
        }
    }

    static func specification(
        _ mode: String, _ more: [String] = [], change: (inout SmokeInference) -> Void = { _ in }
    ) -> SmokeSpecification {
        var inference = SmokeInference(
            program: SmokeProgram(
                path: "bin/serve", arguments: ["{socket}", mode] + more,
                environment: ["THREADS": "1"]),
            model: "twice", readyTimeout: 20_000, deadline: 60_000,
            cases: (0..<inputs.count).map { "smoke/test_data_set_\($0)" },
            tolerance: SmokeTolerance(absolute: 1e-3, relative: 1e-3))
        change(&inference)
        return .inference(inference)
    }

    /// Runs it, isolated as `nobody`; without root the outcome says that, and the test fails.
    func outcome(
        _ specification: SmokeSpecification,
        _ isolation: SmokeConfiguration.Isolation = .full(UserAccount(user: 65534, group: 65534)),
        checkpoint: @escaping () throws(Fault) -> Void = {}
    ) -> SmokeOutcome {
        let outcome = SmokeRun(
            specification, SmokeConfiguration(isolation: isolation, runtimeDirectory: run),
            checkpoint: checkpoint
        ).perform(in: slot)
        return outcome
    }

    /// Whether nothing is left of a run's work directory.
    var isClean: Bool { (try? Directory.open(path: run).names().isEmpty) == true }
}

/// Runs a test with a slot; as root only, and says so.
func withSlot(_ body: (SmokeSlot) throws -> Void) throws {
    guard geteuid() == 0 else {
        throw Fault(.permission, "Smoke runs are isolated in these tests: run them as root.")
    }
    try withScratch { scratch in try body(try SmokeSlot(in: scratch)) }
}
