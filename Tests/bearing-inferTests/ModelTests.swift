import Faults
import Testing

@testable import bearing_infer

/// Each position in the runtime's table is used here against the real library: a wrong one
/// crashes or answers nonsense.
@Suite struct ModelTests {
    @Test func `names, types, shapes and version come from the model`() throws {
        let model = try Bearing.loadModel()
        #expect(
            model.inputs == [TensorSpec(name: "signal", datatype: .fp32, shape: [1, 2048])])
        #expect(
            model.outputs == [TensorSpec(name: "probabilities", datatype: .fp32, shape: [1, 4])])
        #expect(model.version == "1.0.0")
        #expect(model.runtimeVersion == "1.32.0")
    }

    @Test func `the two releases are two models`() async throws {
        try Bearing.require()
        let second = try Model(
            name: "bearing", path: Bearing.directory + "/1.1.0/bearing.onnx",
            runtime: Bearing.runtime, threads: 2)
        #expect(second.version == "1.1.0")
        let routes = Routes(model: second)
        var worst: Float = 0
        for number in 0..<8 {
            let own = try Bearing.Case(number, release: "1.1.0")
            let right = await routes.answer("POST", "/v2/models/bearing/infer", own.request())
            #expect(try own.error(of: right.body) < Bearing.tolerance)
            let other = try Bearing.Case(number)
            let wrong = await routes.answer("POST", "/v2/models/bearing/infer", other.request())
            worst = max(worst, try other.error(of: wrong.body))
        }
        #expect(worst > 0.05, "The goldens of one release would pass the other.")
    }

    @Test func `objects are released and made again many times over`() throws {
        for _ in 0..<20 { _ = try Bearing.loadModel() }
    }

    @Test func `environments come and go on several threads at once`() async throws {
        try Bearing.require()
        try await withThrowingTaskGroup(of: Void.self) { group in
            // Two: with more, there is hardly a moment at which none is left, which is the one to try.
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<20_000 { _ = try OrtLibrary(path: Bearing.runtime) }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `a refused run carries the runtime's own message and leaves the model usable`()
        async throws
    {
        let model = try Bearing.loadModel()
        let bad = Tensor(
            name: "signal", datatype: .fp32, shape: [1, 3], bytes: [UInt8](repeating: 0, count: 12))
        for _ in 0..<50 {
            let fault = await #expect(throws: Fault.self) {
                try await model.infer([bad], outputs: [0])
            }
            #expect(
                fault?.cause?.contains("invalid dimensions") == true, "\(String(describing: fault))"
            )
        }
        let good = Tensor(
            name: "signal", datatype: .fp32, shape: [1, 2048],
            bytes: [UInt8](repeating: 0, count: 8192))
        #expect(try await model.infer([good], outputs: [0]).first?.shape == [1, 4])
    }

    @Test func `a file that is no model is refused with the runtime's own message`() throws {
        try Bearing.require()
        for path in [Bearing.directory + "/1.0.0/report.json", "/nonexistent.onnx"] {
            let fault = #expect(throws: Fault.self) {
                try Model(name: "m", path: path, runtime: Bearing.runtime, threads: 1)
            }
            #expect(fault?.code == .malformed)
            #expect(fault?.message == "Cannot load the model \(path).")
            #expect(fault?.cause?.isEmpty == false)
        }
    }

    @Test func `a file that is no runtime is refused with the loader's own message`() throws {
        let missing = #expect(throws: Fault.self) { try OrtLibrary(path: "/nonexistent.so") }
        #expect(missing?.code == .notFound)
        #expect(missing?.cause?.contains("No such file") == true)
        let text = #expect(throws: Fault.self) { try OrtLibrary(path: #filePath) }
        #expect(text?.cause?.contains("invalid ELF header") == true)
        // A name without a slash is not looked for on the system.
        #expect(throws: Fault.self) { try OrtLibrary(path: "libm.so.6") }
    }
}
