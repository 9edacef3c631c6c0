import Archive
import Building
import Bundle
import DurableFiles
import Faults
import Glibc
import Install
import Testing

@Suite struct BuildTests {
    @Test func `a bundle unpacks to the tree that its manifest names`() throws {
        try Workshop.run { shop in
            let result = try shop.build()
            let tree = try shop.unpack(into: "slot")
            #expect(tree.digest == result.manifest.tree.digest)
            #expect(tree.entries == result.manifest.tree.entries)
            #expect(tree.bytes == result.manifest.tree.bytes)
            #expect(tree.diskBytes == result.manifest.tree.diskBytes)
            #expect(try shop.read("slot/lib/engine.so") == noise(300_000, seed: 21))
            try shop.verify()
        }
    }

    @Test func `an unsealed build is the same byte for byte`() throws {
        try Workshop.run { shop in
            try shop.makeTree("other", reversed: true, time: 1_700_000_000)
            try shop.write("other.yaml", shop.description(tree: "tree: other"))
            try shop.build("first.nacelle", workers: 1)
            try shop.build("second.nacelle", description: "other.yaml", workers: 8)
            #expect(try shop.read("first.nacelle") == shop.read("second.nacelle"))
        }
    }

    @Test func `two sealed builds share nothing that is sealed`() throws {
        try Workshop.run { shop in
            let first = try shop.build("first.nacelle", recipients: ["device"])
            let second = try shop.build("second.nacelle", recipients: ["device"])
            #expect(first.manifest.bundle != second.manifest.bundle)
            #expect(first.manifest.commitment != second.manifest.commitment)
            #expect(first.manifest.index.table != second.manifest.index.table)
            #expect(first.manifest.tree == second.manifest.tree)
            #expect(first.manifest.stream == second.manifest.stream)
        }
    }

    @Test func `equal chunks are stored once, sealed and unsealed ones apart`() throws {
        try Workshop.run { shop in
            try shop.build(recipients: ["device"])
            let survey = try BundleSurvey.read(
                path: shop.at("app.nacelle"), key: shop.at("device.key"))
            let chunks = try #require(survey.chunks)
            let group = try #require(chunks.groups[.zstd])
            // engine.so and its twin below lib/ share; the twin below weights/ is stored again.
            #expect(group.storedBytes > 750_000)
            #expect(group.storedBytes < 800_000)
            #expect(group.stored < group.chunks)
            #expect(chunks.sealed > 0)
            #expect(chunks.sealed < group.chunks)
        }
    }

    @Test func `nothing of the weights stands readable in a sealed bundle`() throws {
        try Workshop.run { shop in
            try shop.write("tree/weights/plain.txt", "a sentence that must not be readable")
            try shop.build(recipients: ["device"])
            let text = String(decoding: try shop.read("app.nacelle"), as: UTF8.self)
            #expect(!text.contains("a sentence that must not"))
            #expect(!text.contains("plain.txt"))
        }
    }

    @Test func `each recipient can open a sealed bundle and nobody else`() throws {
        try Workshop.run { shop in
            let digest = try shop.build(recipients: ["device", "group"]).manifest.tree.digest
            #expect(try shop.unpack(into: "a", key: "device").digest == digest)
            #expect(try shop.unpack(into: "b", key: "group").digest == digest)
            #expect(
                fault { _ = try shop.unpack(into: "c", key: "stranger") }?.code == .notRecipient)
            #expect(fault { _ = try shop.unpack(into: "d") }?.code == .notRecipient)
        }
    }

    @Test func `without recipients a sealed build is refused`() throws {
        try Workshop.run { shop in
            let description = try BuildDescription.read(path: shop.at("bundle.yaml"))
            let builder = BundleBuilder(description, options: BuildOptions())
            #expect(fault { _ = try builder.build(to: shop.at("app.nacelle")) }?.code == .source)
        }
    }

    @Test func `a build that fails leaves what was there and nothing else`() throws {
        try Workshop.run { shop in
            try shop.write("app.nacelle", "the old one")
            try shop.write("bundle.yaml", shop.description())
            let before = try Directory.open(path: shop.path).names()
            #expect(fault { try shop.build(keys: ["missing"]) }?.code == .keys)
            #expect(try shop.read("app.nacelle") == Array("the old one".utf8))
            #expect(try Directory.open(path: shop.path).names() == before)
        }
    }

    @Test func `a tree of more chunks than there may be is refused before it is read`() throws {
        try Workshop.run { shop in
            try shop.write("tree/weights/sparse", [])
            // 250,000 chunks of 32 KiB hold less; reading it would take minutes.
            #expect(unsafe truncate(shop.at("tree/weights/sparse"), 64 << 30) == 0)
            let got = try #require(fault { try shop.build() })
            #expect(got.code == .source)
            #expect(got.message.contains("250000 chunks of at most 32768"), "\(got)")
            #expect(try !Directory.open(path: shop.path).names().contains("app.nacelle"))
        }
    }

    @Test func `sources are put together in one tree, their directories implied`() throws {
        try Workshop.run { shop in
            let tree = """
                tree:
                  - {from: tree/bin, to: bin}
                  - {from: tree/smoke, to: smoke}
                  - {from: tree/lib/engine.so, to: deep/er/}
                  - {from: tree/lib/engine.so, to: tool, mode: 0755}
                  - {from: tree/weights/model.onnx, to: weights/m.onnx}
                """
            try shop.write("bundle.yaml", shop.description(tree: tree))
            let result = try shop.build()
            #expect(try shop.unpack(into: "slot").digest == result.manifest.tree.digest)
            let slot = try Directory.open(path: shop.at("slot"))
            #expect(try slot.names() == ["bin", "deep", "smoke", "tool", "weights"])
            #expect(try slot.info("tool")?.mode == 0o755)
            #expect(try slot.open("deep").open("er").info("engine.so")?.mode == 0o644)
        }
    }

    @Test func `patterns of golden cases are written out in the manifest`() throws {
        try Workshop.run { shop in
            let smoke = try shop.build().manifest.smoke
            guard case .inference(let inference) = smoke else {
                Issue.record("The smoke specification is no inference.")
                return
            }
            #expect(inference.cases == ["smoke/case_0", "smoke/case_1"])
        }
    }

    @Test func `a file is content of its own chunks alone`() throws {
        try Workshop.run { shop in
            try shop.build()
            let survey = try BundleSurvey.read(path: shop.at("app.nacelle"))
            // A header, 3 bytes, a header and padding, 1 byte: no chunk holds content and headers.
            #expect(survey.chunks?.sizes?.lowerBound == 1)
        }
    }

    @Test func `a device, a link and a directory are never replaced by a bundle`() throws {
        try Workshop.run { shop in
            #expect(mkfifo(shop.at("pipe"), 0o600) == 0)
            #expect(symlink("nowhere", shop.at("link")) == 0)
            #expect(mkdir(shop.at("folder"), 0o700) == 0)
            for name in ["pipe", "link", "folder"] {
                #expect(fault { try shop.build(name) }?.code == .storage)
            }
            let kind = try FilePlace.info(shop.at("pipe")).kind
            #expect(kind == .other)
        }
    }
}
