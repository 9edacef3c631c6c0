import Archive
import Building
import Bundle
import DurableFiles
import Faults
import StrictJSON
import Telemetry
import TestKit
import Testing

/// References that a build makes by running the program, and takes from files.
@Suite struct ReferenceTests {
    private func reference(_ manifest: Manifest) throws -> ModelReference {
        try ModelReference(try #require(manifest.reference))
    }

    /// What stands beside the tree: no output, nothing half done.
    private func leftovers(_ shop: Workshop) throws -> [String] {
        try Directory.open(path: shop.path).names().filter {
            $0.contains("nacelle") || $0.hasPrefix(".")
        }
    }

    @Test func `a build counts each validation input once, with its limits and model`() throws {
        try Workshop.run { shop in
            try shop.furnishCounting()
            try shop.write(
                "bundle.yaml",
                shop.counting(
                    reference: "validation: validation, samples: 5, index: 0.3, recovery: 0.1, "
                        + "constant-share: 0.5, error-share: 0.25, windows: 3, longest: 2h, "
                        + "undecided: back, deadline: 1min"))
            let result = try shop.build()
            let made = try reference(result.manifest)
            #expect(made.counts.predictions == Workshop.expected.mapValues(UInt64.init))
            #expect(made.counts.inferences == 10)
            #expect(made.counts.confidence?.total == 10)
            let limits = made.limits
            #expect(limits.samples == 5 && limits.index == 0.3 && limits.recovery == 0.1)
            #expect(limits.constantShare == 0.5 && limits.errorShare == 0.25)
            #expect(limits.windows == 3 && limits.longest == 7_200_000)
            #expect(limits.undecided == .back)
            #expect(made.digest.count == 64)
            let report = try #require(result.reference)
            #expect(report.inferences == 10)
            #expect(report.summary.neverPredicted == ["d"])
            #expect(report.summary.lines[0] == "10 predictions: a 6, b 3, c 1, d 0")
            #expect(try shop.verify().checked.contains("the reference: 10 predictions"))
            #expect(try leftovers(shop) == ["app.nacelle"])
        }
    }

    @Test func `the same input gives the same bundle, and its validation inputs are not in it`()
        throws
    {
        try Workshop.run { shop in
            try shop.furnishCounting()
            try shop.write("bundle.yaml", shop.counting())
            try shop.build()
            try shop.build("again.nacelle")
            #expect(try shop.read("app.nacelle") == shop.read("again.nacelle"))
            let tree = try shop.unpack(into: "out")
            try shop.write("bundle.yaml", shop.counting().replacing("reference:", with: "#"))
            #expect(try shop.build("without.nacelle").manifest.tree.digest == tree.digest)
        }
    }

    @Test func `batches count as the rows that they have`() throws {
        try Workshop.run { shop in
            try shop.furnishCounting()
            try shop.input(10, rows: [3, 3, 0, 1, 2])
            try shop.write("bundle.yaml", shop.counting())
            let made = try reference(try shop.build().manifest)
            #expect(made.counts.predictions == ["a": 7, "b": 4, "c": 2, "d": 2])
            #expect(made.counts.inferences == 11)
        }
    }

    @Test func `a reference made before is taken from its file, with other limits`() throws {
        try Workshop.run { shop in
            try shop.furnishCounting()
            try shop.write("bundle.yaml", shop.counting())
            let description = try BuildDescription.read(path: shop.at("bundle.yaml"))
            // By the description, and of a tree that stands somewhere, over inputs named for it.
            _ = try ReferenceBuilder(description).build(to: shop.at("one.json"))
            let report = try ReferenceBuilder(description).build(
                to: shop.at("two.json"), tree: shop.at("tree"), validation: shop.at("validation"))
            #expect(report.inferences == 10)
            #expect(try shop.read("one.json") == shop.read("two.json"))
            let built = try reference(try shop.build().manifest)
            try shop.write(
                "bundle.yaml", shop.counting("exits", reference: "file: one.json, index: 0.5"))
            let result = try shop.build("taken.nacelle")
            var taken = try reference(result.manifest)
            #expect(taken.limits.index == 0.5 && taken.limits.samples == 5)
            taken.limits.index = 0.25
            #expect(taken == built)
            #expect(result.reference?.inferences == nil)
        }
    }

    @Test func `a delta keeps the reference`() throws {
        try Workshop.run { shop in
            try shop.furnishCounting()
            try shop.build("old.nacelle")
            try shop.write("tree/notes/news.txt", "Better.")
            try shop.write(
                "bundle.yaml",
                shop.counting().replacing("release-counter: 7", with: "release-counter: 8"))
            let full = try shop.build("new.nacelle")
            var options = DeltaOptions(root: shop.at("root.json"))
            options.signingKeys = [shop.at("one.key")]
            let delta = try DeltaBuilder(options: options).build(
                from: shop.at("old.nacelle"), to: shop.at("new.nacelle"),
                at: shop.at("delta.nacelle"))
            #expect(full.manifest.reference != nil)
            #expect(delta.bundle.manifest.reference == full.manifest.reference)
        }
    }

    @Test(arguments: [
        ("no-page", FaultCode.source, "HTTP status 404"),
        ("garbage", .source, "Line 1 of the page of metrics"),
        ("huge", .smokeFailed, "/metrics"),
        ("no-predictions", .source, "no inference_predictions_total"),
        ("forgets", .source, "given 10 inputs, and counted 9 predictions"),
        ("unsure", .source, "counted 20 confidences"),
        ("refuses-more", .source, "10 as refused"),
        ("restarts", .source, "began to count anew"),
        ("other-model", .source, "which no file of the tree has"),
        ("refuses", .smokeFailed, "refused the validation input test_data_set_0"),
        ("dies", .smokeFailed, "exited with status 7 during the validation input test_data_set_2"),
        ("exits", .smokeNotReady, "exited with status 1 before it was ready"),
    ])
    func `a program that does not count as it should makes no bundle`(
        mode: String, code: FaultCode, says: String
    ) throws {
        try Workshop.run { shop in
            try shop.furnishCounting()
            try shop.write("bundle.yaml", shop.counting(mode))
            let fault = try #require(fault { try shop.build() })
            #expect(fault.code == code)
            #expect(fault.message.contains(says), "\(fault.message)")
            if code == .source {
                #expect(fault.message.contains("bundle.yaml:16:"), "\(fault.message)")
            }
            #expect(try leftovers(shop).isEmpty)
        }
    }

    @Test(arguments: [
        ("validation: nowhere", "Cannot open the directory"),
        ("validation: tree", "0 directories test_data_set_N"),
        ("validation: broken", "test_data_set_0"),
        ("validation: validation, samples: 11", "has 10 predictions; a window needs 11"),
        ("file: nowhere.json", "Cannot open"),
        ("file: bundle.yaml", "“reference.file” cannot be used"),
        ("file: empty.json", "“reference.counts”"),
        ("file: one.json, samples: 11", "has 10 predictions; a window needs 11"),
        ("file: one.json, recovery: 0.26", "above “index”, which is 0.25"),
        ("file: other.json", "which no file of the tree has"),
    ])
    func `inputs and files that do not serve are refused at their place`(
        reference: String, says: String
    ) throws {
        try Workshop.run { shop in
            try shop.furnishCounting()
            try shop.write("broken/test_data_set_0/input_0.pb", [1, 2, 3])
            try shop.write("empty.json", "{}")
            try shop.write("bundle.yaml", shop.counting())
            let description = try BuildDescription.read(path: shop.at("bundle.yaml"))
            _ = try ReferenceBuilder(description).build(to: shop.at("one.json"))
            let text = String(decoding: try shop.read("one.json"), as: UTF8.self)
            let digest = try self.reference(try shop.build("x.nacelle").manifest).digest
            try shop.write(
                "other.json", text.replacing(digest, with: String(repeating: "a", count: 64)))
            try Directory.open(path: shop.path).remove("x.nacelle")
            try shop.write("bundle.yaml", shop.counting(reference: reference))
            let fault = try #require(fault { try shop.build() })
            #expect(fault.code == .source)
            #expect(fault.message.contains("bundle.yaml:16:"), "\(fault.message)")
            #expect(fault.message.contains(says), "\(fault.message)")
            #expect(try leftovers(shop).isEmpty)
        }
    }

    @Test func `a validation run ends at its deadline`() throws {
        try Workshop.run { shop in
            try shop.furnishCounting()
            try shop.write(
                "bundle.yaml",
                shop.counting("unready", reference: "validation: validation, deadline: 1s"))
            let fault = try #require(fault { try shop.build() })
            #expect(fault.code == .smokeDeadline)
            #expect(
                fault.message
                    == "The validation run: It was not over within its deadline of 1000 ms.")
            #expect(try leftovers(shop).isEmpty)
        }
    }

    @Test func `verify refuses a reference that no machine could read`() throws {
        try Workshop.run { shop in
            var maker = BundleMaker()
            maker.bendManifest = { $0.reference = .members([("counts", .string("many"))]) }
            try shop.write("bent.nacelle", try maker.make().bytes)
            _ = try BundleEditor(path: shop.at("bent.nacelle")).sign(
                keyFiles: [shop.at("one.key")])
            let fault = try #require(fault { try shop.verify("bent.nacelle") })
            #expect(fault.code == .malformed)
            #expect(fault.message.contains("“reference.counts”"), "\(fault.message)")
        }
    }
}
