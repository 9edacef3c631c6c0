import Building
import Bundle
import DurableFiles
import Faults
import Sealing
import StrictJSON
import Testing

@Suite struct ProvenanceTests {
    private let all = """
        provenance:
          - file: docs/build.intoto.jsonl
          - {file: docs/demo.spdx.json, to: sbom/, name: sbom}
          - {path: notes/demo.cdx.json, kind: cyclonedx}
          - {file: docs/demo3.spdx.json, uri: "https://example.org/demo3.spdx.json"}
          - uri: https://example.org/scan.json
            kind: in-toto
            sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
        """

    /// A workshop with a document of each kind.
    private func run(_ more: String? = nil, _ body: (Workshop) throws -> Void) throws {
        try Workshop.run { shop in
            let engine = try ProvenanceSamples.digest(try shop.read("tree/lib/engine.so"))
            let other = String(repeating: "cd", count: 32)
            let statement = ProvenanceSamples.statement([
                ("./lib/engine.so", engine), ("lib/hard.so", engine), ("engine", engine),
                ("app.tar", other),
            ])
            try shop.write("docs/build.intoto.jsonl", ProvenanceSamples.envelope(statement) + "\n")
            try shop.write("docs/demo.spdx.json", ProvenanceSamples.spdx2)
            try shop.write("docs/demo3.spdx.json", ProvenanceSamples.spdx3)
            try shop.write("tree/notes/demo.cdx.json", ProvenanceSamples.cycloneDX)
            try shop.write("bundle.yaml", shop.description(more: more ?? all))
            try body(shop)
        }
    }

    @Test func `the manifest names each document by its digest`() throws {
        try run { shop in
            let result = try shop.build()
            let documents = try result.manifest.documents()
            #expect(
                documents.map(\.name) == [
                    "build.intoto.jsonl", "sbom", "demo.cdx.json", "demo3.spdx.json", "scan.json",
                ])
            #expect(
                documents.map(\.place) == [
                    .tree(path: "provenance/build.intoto.jsonl"),
                    .tree(path: "sbom/demo.spdx.json"), .tree(path: "notes/demo.cdx.json"),
                    .address("https://example.org/demo3.spdx.json"),
                    .address("https://example.org/scan.json"),
                ])
            #expect(
                documents.map(\.version) == ["v1", "SPDX-2.3", "1.6", "SPDX-3.0.1", nil])
            #expect(documents.map(\.kind) == [.inToto, .spdx, .cycloneDX, .spdx, .inToto])
            #expect(documents[0].envelope == .dsse)
            let spdx = Array(ProvenanceSamples.spdx2.utf8)
            #expect(documents[1].digest.hex == (try ProvenanceSamples.digest(spdx)))
            #expect(documents[1].size == Int64(spdx.count))
            _ = try shop.unpack(into: "slot")
            #expect(try shop.read("slot/sbom/demo.spdx.json") == spdx)
        }
    }

    @Test func `the build says which subjects are files of the tree`() throws {
        try run { shop in
            let match = try #require(try shop.build().subjects.first)
            #expect(match.document == "build.intoto.jsonl")
            #expect(match.subjects == 4)
            #expect(match.files == 3)
        }
    }

    @Test func `verify holds the documents against the manifest`() throws {
        try run { shop in
            try shop.build()
            let report = try shop.verify()
            #expect(
                report.checked.contains(
                    "the documents build.intoto.jsonl, sbom, demo.cdx.json: digest, size and kind"))
            #expect(report.checked.contains { $0.contains("3 of 4 subjects are files") })
        }
    }

    @Test func `a build with documents is the same byte for byte`() throws {
        try run { shop in
            try shop.build("first.nacelle", workers: 1)
            try shop.build("second.nacelle", workers: 4)
            #expect(try shop.read("first.nacelle") == shop.read("second.nacelle"))
        }
    }

    @Test func `a document is taken out whole, sealed or not`() throws {
        try run { shop in
            try shop.build()
            try shop.build("sealed.nacelle", recipients: ["device"])
            for (bundle, key) in [("app.nacelle", nil), ("sealed.nacelle", "device.key")] {
                let extractor = try DocumentExtractor(
                    path: shop.at(bundle), root: shop.at("root.json"))
                let document = try extractor.write(
                    "sbom", to: shop.at("out"), key: key.map { shop.at($0) })
                #expect(document.kind == .spdx)
                #expect(try shop.read("out") == Array(ProvenanceSamples.spdx2.utf8))
            }
            let sealed = try DocumentExtractor(
                path: shop.at("sealed.nacelle"), root: shop.at("root.json"))
            #expect(
                fault { _ = try sealed.write("sbom", to: shop.at("no"), key: nil) }?.code
                    == .notRecipient)
            for (name, says) in [("other", "demo.cdx.json"), ("scan.json", "0123456789abcdef")] {
                let fault = try #require(
                    fault { _ = try sealed.write(name, to: shop.at("no"), key: nil) })
                #expect(fault.code == .notFound)
                #expect(fault.advice.contains(says), "\(fault.advice)")
            }
            #expect(try Directory.open(path: shop.path).info("no") == nil)
        }
    }

    @Test func `a delta carries what its full bundle says`() throws {
        try run { shop in
            let old = shop.description().replacing("version: 1.0.0", with: "version: 0.9.0")
            try shop.write("old.yaml", old)
            try shop.build("old.nacelle", description: "old.yaml")
            let full = try shop.build()
            var options = DeltaOptions(root: shop.at("root.json"))
            options.signingKeys = [shop.at("one.key")]
            let delta = try DeltaBuilder(options: options).build(
                from: shop.at("old.nacelle"), to: shop.at("app.nacelle"), at: shop.at("d.nacelle"))
            #expect(delta.bundle.manifest.provenance == full.manifest.provenance)
            #expect(try delta.bundle.manifest.documents().count == 5)
            let report = try shop.verify("d.nacelle", base: "old.nacelle")
            #expect(report.checked.contains { $0.contains("3 of 4 subjects are files") })
            let extractor = try DocumentExtractor(
                path: shop.at("d.nacelle"), root: shop.at("root.json"))
            let fault = try #require(
                fault { _ = try extractor.write("sbom", to: shop.at("out"), key: nil) })
            #expect(fault.code == .source)
            #expect(fault.advice.contains("the full bundle of version 1.0.0"))
        }
    }

    @Test(arguments: [
        ("{file: docs/none.json}", "cannot be used"),
        ("{file: tree/bin/infer}", "Not acceptable as JSON"),
        ("{path: notes/none.json}", "which is not in the tree"),
        ("{path: notes}", "a directory or a link"),
        ("{path: lib/engine.so.1, name: x}", "a directory or a link"),
        ("{file: docs/demo.spdx.json, kind: in-toto}", "“in-toto”; the document is spdx"),
        ("{file: docs/demo.spdx.json, to: notes/demo.cdx.json}", "has put there already"),
        ("{file: docs/demo.spdx.json, to: ../x}", "provenance[0].file"),
        ("{file: docs/wrong.json}", "is about “bin/infer” with the digest cdcd"),
        ("{file: docs/huge.json}", "at most 8388608 are read"),
        ("{file: docs/huge.json, uri: \"a:b\", name: x}", "at most 8388608"),
        ("{file: docs/cut.json}", "the text ends"),
        ("{file: docs/deep.json}", "nested deeper than 64"),
        ("{file: docs/twice.json}", "stands twice"),
        (
            "{file: docs/demo.spdx.json, sha256: \(String(repeating: "ab", count: 32))}",
            "is abab"
        ),
    ])
    func `a document that does not hold is refused at its place`(
        entry: String, says: String
    ) throws {
        try run("provenance:\n  - \(entry)") { shop in
            let wrong = ProvenanceSamples.statement([
                ("bin/infer", String(repeating: "cd", count: 32))
            ])
            try shop.write("docs/wrong.json", wrong)
            try shop.write("docs/huge.json", [UInt8](repeating: 0x20, count: (8 << 20) + 1))
            try shop.write("docs/cut.json", String(wrong.dropLast(5)))
            try shop.write("docs/deep.json", String(repeating: "{\"a\":", count: 100))
            try shop.write("docs/twice.json", "{\"_type\": 1, \"\\u005ftype\": 2}")
            let fault = try #require(fault { try shop.build() })
            #expect(fault.code == .source)
            #expect(fault.message.contains("bundle.yaml:16:"), "\(fault.message)")
            #expect(fault.message.contains(says), "\(fault.message)")
            #expect(try Directory.open(path: shop.path).info("app.nacelle") == nil)
        }
    }

    @Test(arguments: [
        ("{source: a}", "is a mapping; a list was expected"),
        ("[{fil: a}]", "did you mean “file”?"), ("[{name: a}]", "“file”, “path” or “uri”"),
        ("[{path: a, file: b}]", "does not go with “path”"),
        ("[{uri: \"a:b\", to: b}]", "does not go with “uri”"),
        ("[{uri: nowhere}]", "an address was expected"),
        ("[{uri: \"a:b c\"}]", "an address was expected"),
        ("[{uri: \"https://e/x\", kind: spdx}]", "“provenance[0].sha256” is missing"),
        ("[{uri: \"https://e/x\"}]", "“provenance[0].kind” is missing"),
        ("[{file: a, kind: pdf}]", "“pdf”"), ("[{file: a, sha256: AB}]", "64 lower-case"),
        ("[{file: a b}]", "cannot be the document's name"), ("[{file: a/..}]", ""),
        ("[{file: a, name: .x}]", "not beginning with a dot"),
        ("[{file: a/x}, {file: b/x}]", "which another one has"),
        ("[\(String(repeating: "{file: a},", count: 17))]", "at most 16"),
    ])
    func `a list that cannot be meant is refused`(list: String, says: String) throws {
        let text = """
            application: demo
            version: 1.0.0
            release-counter: 1
            compatible: [bench]
            tree: tree
            smoke: {kind: command, program: bin/test}
            provenance: \(list)
            """
        let fault = try #require(
            fault {
                _ = try BuildDescription(Array(text.utf8), file: "bundle.yaml", directory: ".")
            })
        #expect(fault.message.hasPrefix("bundle.yaml:7:"), "\(fault.message)")
        #expect(fault.message.contains(says), "\(fault.message)")
    }
}
