import Building
import Bundle
import Faults
import Testing

@Suite struct DescriptionTests {
    private func refusal(_ text: String) -> Fault? {
        fault { _ = try BuildDescription(Array(text.utf8), file: "bundle.yaml", directory: ".") }
    }

    private let good = """
        application: demo
        version: 1.0.0
        release-counter: 1
        compatible: [bench]
        tree: tree
        smoke:
          kind: command
          program: bin/test
        """

    @Test func `a description with the least in it is taken, with defaults`() throws {
        let description = try BuildDescription(
            Array(good.utf8), file: "bundle.yaml", directory: ".")
        #expect(description.level == 19)
        #expect(description.chunks == .standard)
        #expect(description.seal == SealRules(paths: ["weights/"]))
        #expect(description.probation == ProbationSpecification())
        #expect(description.requirements == Manifest.Requirements())
    }

    @Test func `the example of the documentation is taken`() throws {
        let parts = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let description = try BuildDescription.read(path: "/\(parts)/docs/examples/bundle.yaml")
        #expect(description.application == "bearing-monitor")
        #expect(description.recipients.count == 2)
        #expect(description.probation.duration == 600_000)
        guard case .inference(let smoke) = description.smoke else {
            Issue.record("The smoke specification is no inference.")
            return
        }
        #expect(smoke.latency?.limit == 5000)
        #expect(smoke.memory?.limit == 128 << 20)
        #expect(smoke.readyTimeout == 10_000)
        #expect(smoke.program.environment == ["OMP_NUM_THREADS": "1"])
    }

    @Test(arguments: [
        ("version: 1.0.0", "verison: 1.0.0", "2:1", "did you mean “version”?"),
        ("version: 1.0.0", "version: \"1 0\"", "2:10", "“version” is “1 0”"),
        ("release-counter: 1", "release-counter: 0", "3:18", "“release-counter” is “0”"),
        ("compatible: [bench]", "compatible: []", "4:13", "“compatible” is empty"),
        ("tree: tree", "tree: []", "5:7", "“tree” is empty"),
        ("tree: tree", "tree: [{from: a}]", "5:8", "“tree[0].to” is missing"),
        ("tree: tree", "tree: [{from: a, to: b, mode: 0777}]", "5:31", "“tree[0].mode” is “0777”"),
        ("tree: tree", "tree: [{from: a, to: b, mod: 1}]", "5:25", "did you mean “mode”?"),
        ("  program: bin/test", "  prorgam: x", "8:3", "did you mean “program”?"),
        ("  program: bin/test", "  program: ../x", "8:12", "“smoke.program” is “../x”"),
        ("  kind: command", "  kind: comand", "7:9", "“smoke.kind” is “comand”"),
        ("tree: tree", "tree: tree\nchunks: {average: 100KiB}", "6:19", "power of two"),
        ("tree: tree", "tree: tree\nchunks: {maximum: 300KiB}", "6:19", "twice the average"),
        ("tree: tree", "tree: tree\ncompression: {level: 23}", "6:22", "from 1 to 22"),
        ("tree: tree", "tree: tree\nprobation: {duration: 10}", "6:23", "“probation.duration”"),
        ("tree: tree", "tree: tree\nrequires: {agent: 1.0}", "6:19", "MAJOR.MINOR.PATCH"),
        ("tree: tree", "tree: tree\nrequires: {memory: 5}", "6:20", "“requires.memory”"),
        ("tree: tree", "tree: tree\ntree: b", "6:1", "tree"),
        ("tree: tree", "tree: tree\nreference: {file: r, sample: 1}", "6:22", "“samples”?"),
        ("tree: tree", "tree: tree\nreference: {samples: 1}", "6:12", "has no “validation”"),
        ("tree: tree", "tree: tree\nreference: {file: a, validation: b}", "6:12", "has both"),
        ("tree: tree", "tree: tree\nreference: {validation: b}", "6:25", "kind “inference”"),
        ("tree: tree", "tree: tree\nreference: {file: a, deadline: 5s}", "6:32", "there is none"),
        ("  program: bin/test", "  program: [a", "9:1", ""),
    ])
    func `an error says file, line and column`(
        line: String, replacement: String, place: String, says: String
    ) throws {
        let fault = try #require(refusal(good.replacing(line, with: replacement)))
        #expect(fault.code == .source)
        #expect(fault.message.hasPrefix("bundle.yaml:\(place): "), "\(fault.message)")
        #expect(says.isEmpty || fault.message.contains(says), "\(fault.message)")
    }

    @Test func `a latency that too few runs would prove is refused at its place`() throws {
        let text = """
            application: demo
            version: 1.0.0
            release-counter: 1
            compatible: [bench]
            tree: tree
            smoke:
              kind: inference
              program: bin/serve
              arguments: ["{socket}"]
              model: m
              cases: [smoke/a]
              tolerance: {absolute: 0, relative: 0}
              latency: {limit: 750us, runs: 20}
            """
        let fault = try #require(refusal(text))
        #expect(fault.message.hasPrefix("bundle.yaml:13:33: “smoke.latency.runs” is 20;"))
        let taken = text.replacing("runs: 20", with: "runs: 100")
        let description = try BuildDescription(
            Array(taken.utf8), file: "bundle.yaml", directory: ".")
        guard case .inference(let smoke) = description.smoke else { return }
        #expect(smoke.latency?.limit == 750)
    }

    @Test(arguments: [
        ("samples: 0", "from 1 to"), ("index: 0.001", "“reference.index”"),
        ("recovery: -1", "“reference.recovery”"), ("recovery: 0.3", "above “index”, which is 0.25"),
        ("index: 0.1", "above “index”, which is 0.1"), ("constant-share: 1.1", "constant-share"),
        ("error-share: x", "error-share"), ("windows: 0", "from 1 to 1000"),
        ("longest: 31d", "“reference.longest”"), ("longest: 10", "a duration"),
        ("undecided: bad", "“good”, “back”"), ("deadline: 10ms", "“reference.deadline”"),
    ])
    func `limits of a reference are refused before anything is built`(
        limit: String, says: String
    ) throws {
        try Workshop.run { shop in
            let text = shop.description(more: "reference: {validation: v, \(limit)}")
            let fault = try #require(refusal(text))
            #expect(fault.code == .source)
            #expect(fault.message.hasPrefix("bundle.yaml:15:"), "\(fault.message)")
            #expect(fault.message.contains(says), "\(fault.message)")
        }
    }

    @Test(arguments: [
        ("tree: tree", "tree: nowhere", "5:7", "“tree” cannot be used"),
        (
            "tree: tree", "tree: [{from: tree, to: .}, {from: tree/bin/infer, to: bin/infer}]",
            "5:36",
            "which “tree” has put there already"
        ),
        ("program: bin/infer", "program: bin/other", "10:12", "is not in the tree"),
        ("program: bin/infer", "program: lib/twin.so", "10:12", "is not executable"),
        ("program: bin/infer", "program: lib", "10:12", "is a directory"),
        ("[\"smoke/*\"]", "[smoke/case_0, smoke/none]", "13:10", "no input_0.pb"),
        ("[\"smoke/*\"]", "[\"lib/*\"]", "13:10", "no directory has an input_0.pb"),
        ("[\"smoke/*\"]", "[smoke/case_0, \"smoke/*\"]", "13:10", "different ones"),
        ("tree: tree", "tree: tree\nseal: {paths: [wieghts/]}", "6:15", "“wieghts”"),
    ])
    func `what does not fit the tree is refused at its place`(
        line: String, replacement: String, place: String, says: String
    ) throws {
        try Workshop.run { shop in
            try shop.write("bundle.yaml", shop.description().replacing(line, with: replacement))
            let fault = try #require(fault { try shop.build(recipients: ["device"]) })
            #expect(fault.code == .source)
            #expect(fault.message.contains("bundle.yaml:\(place): "), "\(fault.message)")
            #expect(fault.message.contains(says), "\(fault.message)")
        }
    }
}
