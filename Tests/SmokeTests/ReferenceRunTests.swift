import Bundle
import DurableFiles
import Faults
import Processes
import TestKit
import Testing

@testable import Smoke

@Suite struct ReferenceRunTests {
    /// Runs a test with a tree and validation inputs of the given numbers, each with its number as its
    /// first element.
    private func withInputs(
        _ numbers: [Int], _ body: (SmokeSlot, String) throws -> Void
    ) throws {
        try withScratch { scratch in
            let slot = try SmokeSlot(in: scratch)
            let validation = try scratch.make("validation")
            for number in numbers {
                try validation.make("test_data_set_\(number)").replace(
                    "input_0.pb",
                    with: ProtobufMaker.floats("x", shape: [1, 4], [Float(number), 0, 0, 0]))
            }
            try body(slot, validation.path)
        }
    }

    private func run(
        _ slot: SmokeSlot, _ validation: String, pageLimit: Int = 1000,
        check: ([UInt8]) throws(Fault) -> Void = { _ in },
        progress: (Int64, Int64) -> Void = { _, _ in }
    ) throws -> ReferenceRun.Outcome {
        guard case .inference(let inference) = SmokeSlot.specification("good") else {
            throw Fault(.internalError, "The specification is no inference.")
        }
        return try ReferenceRun(inference, runtimeDirectory: slot.run, pageLimit: pageLimit)
            .perform(
                in: slot.slot, over: try Directory.open(path: validation), check: check,
                progress: progress)
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `inputs are asked in the order of their numbers, and other names passed over`()
        throws
    {
        try withInputs([10, 2, 1, 0]) { slot, validation in
            let folder = try Directory.open(path: validation)
            for name in ["test_data_set_03", "test_data_set_x", "test_data_set_-1", "model"] {
                _ = try folder.make(name)
            }
            var steps: [Int64] = []
            let outcome = try run(slot, validation, progress: { done, _ in steps.append(done) })
            #expect(text(outcome.before) == "")
            #expect(text(outcome.after) == "0.0 1.0 2.0 10.0")
            #expect(outcome.inferences == 4 && outcome.rows == 4)
            #expect(steps.count == 5 && steps == steps.sorted() && steps[0] == 0 && steps[4] > 0)
            #expect(slot.isClean)
        }
    }

    @Test func `a page that is refused ends the run before anything is asked`() throws {
        try withInputs([0]) { slot, validation in
            var steps = 0
            #expect(throws: Fault(.source, "Not this one.")) {
                _ = try run(
                    slot, validation,
                    check: { _ throws(Fault) in throw Fault(.source, "Not this one.") },
                    progress: { _, _ in steps += 1 })
            }
            #expect(steps == 0)
            #expect(slot.isClean)
        }
    }

    @Test func `a page that is too long is a failure of the program`() throws {
        try withInputs([0, 1, 2]) { slot, validation in
            let fault = #expect(throws: Fault.self) {
                _ = try run(slot, validation, pageLimit: 8)
            }
            #expect(fault?.code == .smokeFailed)
            #expect(slot.isClean)
        }
    }

    @Test func `inputs that are missing or cannot be read are named`() throws {
        try withInputs([]) { slot, validation in
            let none = #expect(throws: Fault.self) { _ = try run(slot, validation) }
            #expect(none?.code == .malformed)
            #expect(none?.message.contains("0 directories test_data_set_N") == true)
            let set = try Directory.open(path: validation).make("test_data_set_0")
            let empty = #expect(throws: Fault.self) { _ = try run(slot, validation) }
            #expect(empty?.message.contains("0 files input_N.pb") == true)
            try set.replace(
                "input_0.pb", with: ProtobufMaker.floats("x", shape: [1, 1], [.infinity]))
            let infinite = #expect(throws: Fault.self) { _ = try run(slot, validation) }
            #expect(infinite?.message.contains("test_data_set_0/input_0.pb") == true)
            #expect(slot.isClean)
        }
    }
}
