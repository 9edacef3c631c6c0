import DurableFiles
import Faults
import Glibc
import StrictJSON
import Testing

/// What `docs/provenance.md` says is done as it stands there, with the tools that it names.
@Suite(.serialized) struct ProvenanceTests {
    /// A block of code on the page.
    private struct Block {
        let language: String
        let text: String
    }

    private func blocks() throws -> [Block] {
        let docs = try Directory.open(path: Rig.checkout + "/docs")
        let page = try #require(try docs.read("provenance.md", limit: 1 << 20))
        let parts = String(decoding: page, as: UTF8.self).split(separator: "```")
        return stride(from: 1, to: parts.count, by: 2).compactMap { number in
            let lines = parts[number].split(
                separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            guard lines.count == 2 else { return nil }
            return Block(language: String(lines[0]), text: String(lines[1]))
        }
    }

    /// A machine whose application comes with a signed statement and two bills of materials, its
    /// scripts those of the page.
    private func furnished() throws -> Rig {
        guard access(ProvenanceRig.python, X_OK) == 0 else {
            throw Fault(.notFound, "\(ProvenanceRig.python) is missing: run scripts/python-venv.")
        }
        let rig = try Rig()
        for block in try blocks() where block.language == "python" {
            let name = try #require(
                block.text.split(separator: "\n").first?.split(separator: " ").first {
                    $0.hasPrefix("check-")
                })
            try rig.write(String(name), block.text)
        }
        try rig.write("app.spdx.json", ProvenanceRig.spdx)
        try rig.write("app.cdx.json", ProvenanceRig.cycloneDX)
        try rig.write("sign.py", ProvenanceRig.sign)
        let description = try rig.scriptRelease("1.4.0", 4)
        try rig.python("sign.py proof-1.4.0 bin/prove build.intoto.jsonl ci-statement.pub")
        try rig.write(
            "app.yaml",
            description + "\n"
                + """
                provenance:
                  - file: build.intoto.jsonl
                  - file: app.spdx.json
                  - file: app.cdx.json
                """)
        try rig.bundle(
            "build", rig.path("app.yaml"), "-o", rig.path("app-1.4.0.nacelle"), "--no-seal",
            "--sign", rig.path("a.key"), "--sign", rig.path("b.key"))
        let answer = try rig.nacelle("install", rig.path("app-1.4.0.nacelle"))
        guard answer.status == 0 else { throw Fault(.internalError, answer.output) }
        return rig
    }

    @Test func `every command of the page does what the page says`() throws {
        let rig = try furnished()
        // What is taken out must not be what was put in.
        for name in ["build.intoto.jsonl", "app.spdx.json", "app.cdx.json"] {
            try rig.shell("mv \(rig.path(name)) \(rig.path("given-" + name))")
        }
        var said: [String] = []
        for block in try blocks() where block.language == "sh" {
            said.append(try rig.follow(block.text))
        }
        #expect(said.count == 8)
        for name in ["build.intoto.jsonl", "app.spdx.json", "app.cdx.json"] {
            try rig.shell("cmp \(rig.path(name)) \(rig.path("given-" + name))")
        }
        #expect(said[0].contains("in-toto statement v1, https://slsa.dev/provenance/v1"))
        #expect(said[0].contains("SPDX-2.3") && said[0].contains("CycloneDX 1.6"))
        let digest = try rig.shell("sha256sum \(rig.path("app.spdx.json"))").prefix(64)
        #expect(said[1].split(separator: digest).count > 2, "\(said[1])")
        #expect(said[2].contains("1 of 1 subjects are files of the tree"))
        #expect(said[3].contains("\(digest)  "))
        #expect(said[4].contains("\(digest)  app.spdx.json"))
        #expect(said[5].contains("build.intoto.jsonl: OK") && said[5].contains("app.spdx.json: OK"))
        #expect(said[6].contains("bin/prove: OK"))
    }

    @Test func `securesystemslib verifies our envelope and refuses an altered one`() throws {
        let rig = try furnished()
        let bundle = rig.path("app-1.4.0.nacelle")
        let edges = try rig.sections(of: bundle)
        #expect(try rig.python("check-bundle.py \(bundle) root.json").contains("app.cdx.json"))
        // In the payload, and in the last signature.
        for offset: Int64 in [104, 264, edges.recipients - 20] {
            try rig.shell("cp \(bundle) \(rig.path("bent.nacelle"))")
            try rig.flip(rig.path("bent.nacelle"), at: offset)
            let fault = #expect(throws: Fault.self, "byte \(offset)") {
                try rig.python("check-bundle.py bent.nacelle root.json")
            }
            #expect(fault?.message.contains("Error") == true)
        }
        // One signature where the root asks for two, then one of a key that it does not name.
        for keys in [["a"], ["a", "stranger"]] {
            try rig.bundle(
                ["build", rig.path("app.yaml"), "-o", rig.path("few.nacelle"), "--no-seal"]
                    + keys.flatMap { ["--sign", rig.path("\($0).key")] })
            let fault = #expect(throws: Fault.self) {
                try rig.python("check-bundle.py few.nacelle root.json")
            }
            #expect(fault?.message.contains("Found: 1, Expected 2") == true)
        }
        try rig.bundle("sign", rig.path("few.nacelle"), "--key", rig.path("c.key"))
        try rig.python("check-bundle.py few.nacelle root.json")
    }

    @Test func `an altered statement is refused by its own key, and by the digest`() throws {
        let rig = try furnished()
        try rig.python("check-statement.py build.intoto.jsonl ci-statement.pub")
        try rig.shell(
            "sed -i 's/\"payload\": \"eyJf/\"payload\": \"eyJg/' \(rig.path("build.intoto.jsonl"))")
        #expect(throws: Fault.self) {
            try rig.python("check-statement.py build.intoto.jsonl ci-statement.pub")
        }
        try rig.python("check-bundle.py app-1.4.0.nacelle root.json > \(rig.path("list"))")
        #expect(throws: Fault.self) {
            try rig.shell("cd \(rig.place) && sha256sum --check --ignore-missing list")
        }
    }

    @Test func `inspect gives the documents to scripts`() throws {
        let rig = try furnished()
        let output = try rig.bundle("inspect", rig.path("app-1.4.0.nacelle"), "--json")
        let json = try JSONReader.read(
            Array(output.split(separator: "\n")[0].utf8), limits: JSONLimits(bytes: 1 << 20))
        guard case .array(let documents)? = json["manifest"]?["provenance"] else {
            Issue.record("no documents: \(output)")
            return
        }
        #expect(
            documents.map { $0["kind"] } == ["in-toto", "spdx", "cyclonedx"].map { .string($0) })
        #expect(documents[0]["envelope"] == .string("dsse"))
        #expect(documents[2]["path"] == .string("provenance/app.cdx.json"))
    }
}
