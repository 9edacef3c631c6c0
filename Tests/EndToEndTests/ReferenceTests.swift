import DurableFiles
import Faults
import Glibc
import StrictJSON
import Testing

/// The reference that a build makes of the real model by the real program.
@Suite(.serialized) struct ReferenceTests {
    /// A release of the real model that counts, with a reference over the directory.
    private func description(_ rig: Rig, _ validation: String) throws -> String {
        try rig.release("1.1.0", 11, model: "1.1.0")
            .replacing(
                "compression:",
                with: "  - {from: \(Rig.model)/1.1.0/metrics.json, to: weights/metrics.json}\n"
                    + "compression:"
            )
            .replacing("--socket, ", with: "--metrics, weights/metrics.json, --socket, ")
            + "\nreference: {validation: \(validation), longest: 10min}\n"
    }

    /// The numbers of a list.
    private func numbers(_ value: JSONValue?) -> [Int] {
        guard case .array(let values)? = value else { return [] }
        return values.compactMap { value in
            guard case .number(let text) = value else { return nil }
            return Int(text)
        }
    }

    /// The elements of a list.
    private func elements(_ value: JSONValue?) -> [JSONValue] {
        guard case .array(let values)? = value else { return [] }
        return values
    }

    /// The sum of all counts of intervals.
    private func sum(_ intervals: JSONValue?) -> Int {
        elements(intervals?["groups"]).flatMap { numbers($0["counts"]) }.reduce(0, +)
    }

    @Test func `the reference of a release counts each of its validation signals once`() throws {
        let rig = try Rig()
        let validation = "\(Rig.model)/1.1.0/validation"
        let signals = try Directory.open(path: validation).names().count
        try #require(signals == 1000)
        let bundle = try rig.build(
            try description(rig, validation), as: "1.1.0", within: 480)
        let said = try rig.bundle("inspect", bundle, "--root", rig.path("root.json"), "--json")
        let event = try JSONReader.read(
            Array(said.utf8), limits: JSONLimits(bytes: 1 << 20))
        let reference = try #require(event["manifest"]?["reference"])
        let counts = reference["counts"]
        let classes = elements(counts?["predictions"])
        #expect(classes.count == 4)
        // The model is right on nine of ten, and a quarter of the signals is of each class.
        for one in classes {
            guard case .number(let text)? = one["count"], let count = Int(text) else { continue }
            #expect((180...320).contains(count), "\(one.compactText)")
        }
        let predictions = classes.compactMap { one -> Int? in
            guard case .number(let text)? = one["count"] else { return nil }
            return Int(text)
        }
        #expect(predictions.reduce(0, +) == signals)
        #expect(sum(counts?["confidence"]) == signals)
        let inputs = elements(counts?["inputs"])
        #expect(inputs.count == 2)
        for input in inputs { #expect(sum(input["intervals"]) == signals) }
        #expect(counts?["errors"] == .number("0") && counts?["refused"] == .number("0"))
        #expect(reference["limits"]?["longest"] == .number("600000"))
        let file = try rig.shell("sha256sum \(Rig.model)/1.1.0/bearing.onnx")
        #expect(reference["model"] == .string(String(file.prefix(64))))
        let words = try rig.bundle("inspect", bundle)
        #expect(words.contains("reference     1000 predictions: "), "\(words)")
        let verified = try rig.bundle(
            "verify", bundle, "--root", rig.path("root.json"), "--key", rig.path("device.key"))
        #expect(verified.contains("the reference: 1000 predictions"), "\(verified)")

        // The same by hand, as a user that owns nothing, from a tree that stands somewhere.
        try rig.shell(
            """
            cd \(rig.place) && mkdir -p tree/bin tree/lib tree/weights out && chown nobody out &&
            cp \(Rig.programs)/nacelle-bundle . &&
            cp \(Rig.programs)/bearing-infer tree/bin/ &&
            cp \(Rig.model)/runtime/libonnxruntime.so tree/lib/ &&
            cp \(Rig.model)/1.1.0/bearing.onnx \(Rig.model)/1.1.0/metrics.json tree/weights/ &&
            cp -r \(validation) validation && chmod -R a+rX tree validation &&
            setpriv --reuid nobody --regid nogroup --clear-groups ./nacelle-bundle reference 1.1.0.yaml \
              --tree tree --validation validation -o out/reference.json
            """)
        let made = try #require(
            try Directory.open(path: rig.path("out")).read("reference.json", limit: 1 << 20))
        #expect(try JSONReader.read(made, limits: JSONLimits(bytes: 1 << 20)) == reference)
        #expect(try Directory.open(path: rig.path("out")).names() == ["reference.json"])
    }

    @Test func `a wrong directory of validation inputs ends the build without a file`() throws {
        let rig = try Rig()
        for (validation, says) in [
            ("\(Rig.model)/1.1.0/nowhere", "Cannot open the directory"),
            ("\(Rig.model)/1.1.0", "0 directories test_data_set_N"),
            // Eight golden cases are too few.
            ("\(Rig.model)/1.1.0/smoke", "has 8 predictions; a window needs 500"),
        ] {
            try rig.write("wrong.yaml", try description(rig, validation))
            let answer = try rig.run(
                "nacelle-bundle",
                [
                    "build", rig.path("wrong.yaml"), "-o", rig.path("wrong.nacelle"), "--no-seal",
                    "--sign", rig.path("a.key"),
                ])
            #expect(answer.status == FaultCode.source.exitStatus, "\(answer.output)")
            #expect(answer.output.contains("“reference.validation” cannot be used"))
            #expect(answer.output.contains(says), "\(answer.output)")
            let left = try Directory.open(path: rig.place).names().filter {
                $0.contains("wrong.nacelle")
            }
            #expect(left.isEmpty, "\(left)")
        }
    }
}
