import Bundle
import DurableFiles
import Faults
import Sealing
import TestKit
import Testing

@testable import Building

@Suite struct DeltaTests {
    /// A shop with two bundles: what stands in `tree`, and a next version of it.
    private func twoVersions(
        recipients: [String] = [], _ change: (Workshop) throws -> Void,
        _ body: (Workshop) throws -> Void
    ) throws {
        try Workshop.run { shop in
            try shop.makeTree("next")
            try change(shop)
            try shop.write("next.yaml", shop.description(tree: "tree: next"))
            try shop.build("old.nacelle", recipients: recipients)
            try shop.build("new.nacelle", description: "next.yaml", recipients: recipients)
            try body(shop)
        }
    }

    @Test func `a delta gives the full bundle's archive stream`() throws {
        try twoVersions { shop in
            var engine = noise(300_000, seed: 21)
            engine.insert(contentsOf: noise(700, seed: 5), at: 100_000)
            engine[250_000] ^= 1
            try shop.write("next/lib/engine.so", engine)
            try shop.write("next/bin/infer", Array("#!/bin/sh\nexit 1\n".utf8), mode: 0o755)
        } _: { shop in
            let result = try shop.delta()
            let decoded = try shop.decode(over: "tree")
            #expect(decoded.count(.copy) > 3)
            #expect(decoded.stream.count == Int(result.full.stream.length))
            #expect(result.bundle.fileLength < 12_000)
        }
    }

    @Test func `many small files of which some grow give the full bundle's stream too`() throws {
        func text(_ number: Int, of seed: UInt64) -> [UInt8] {
            let words = noise(40 + number * 37 % 4000, seed: seed)
            return words.map { UInt8(ascii: "a") + $0 % 7 }
        }
        func fill(_ shop: Workshop, _ tree: String, _ change: (Int, inout [UInt8]) -> Void) throws {
            for number in 0..<300 {
                var bytes = text(number, of: UInt64(number % 9))
                change(number, &bytes)
                try shop.write("\(tree)/text/d\(number % 7)/\(number).txt", bytes)
            }
        }
        try twoVersions { shop in
            try fill(shop, "tree") { _, _ in }
            try fill(shop, "next") { number, bytes in
                if number % 15 == 0 { bytes += Array("grown".utf8) }
            }
        } _: { shop in
            let result = try shop.delta()
            let decoded = try shop.decode(over: "tree")
            #expect(decoded.stream.count == Int(result.full.stream.length))
        }
    }

    @Test func `its manifest is the full one's but for what it is itself`() throws {
        try twoVersions { shop in
            try shop.write("next/bin/infer", Array("#!/bin/sh\nexit 1\n".utf8), mode: 0o755)
        } _: { shop in
            let result = try shop.delta()
            var manifest = result.bundle.manifest
            let old = try BundleSurvey.read(path: shop.at("old.nacelle")).manifest
            #expect(
                manifest.delta
                    == Manifest.Delta(
                        baseTree: old.tree.digest, baseVersion: old.version,
                        full: result.full.bundle))
            #expect(manifest.bundle != result.full.bundle)
            manifest.delta = nil
            manifest.bundle = result.full.bundle
            manifest.index = result.full.index
            manifest.packLength = result.full.packLength
            #expect(manifest == result.full)
        }
    }

    @Test func `an unsealed delta is the same byte for byte, whatever the workers`() throws {
        try twoVersions { shop in
            try shop.write("next/lib/engine.so", noise(200_000, seed: 21) + noise(900, seed: 2))
        } _: { shop in
            try shop.delta(to: "first.nacelle", workers: 1)
            try shop.delta(to: "second.nacelle", workers: 7)
            #expect(try shop.read("first.nacelle") == shop.read("second.nacelle"))
        }
    }

    @Test func `what is sealed in the full bundle is sealed in its delta, under a new key`() throws
    {
        try twoVersions(recipients: ["device"]) { shop in
            try shop.write("next/weights/model.onnx", noise(160_000, seed: 77))
            try shop.write("next/bin/infer", noise(5000, seed: 78), mode: 0o755)
        } _: { shop in
            let result = try shop.delta(key: "device", recipients: ["group"])
            #expect(result.bundle.manifest.commitment != result.full.commitment)
            let decoded = try shop.decode(over: "tree", key: "group")
            let sealed = decoded.entries.filter { $0.stored?.sealNumber != nil }
            #expect(sealed.reduce(0) { $0 + $1.plainLength } >= 160_000)
            #expect(decoded.entries.contains { $0.stored != nil && $0.stored?.sealNumber == nil })
            #expect(
                fault { _ = try shop.decode(over: "tree", key: "device") }?.code == .notRecipient)
        }
    }

    @Test func `a renamed file is a copy, and one renamed and changed finds its base`() throws {
        try twoVersions { shop in
            try shop.write("next/lib/moved/libengine.so.2", noise(300_000, seed: 21))
            var changed = noise(150_000, seed: 22)
            changed.replaceSubrange(70_000..<70_010, with: noise(40, seed: 9))
            try shop.write("next/data/other-name.bin", changed)
        } _: { shop in
            let result = try shop.delta()
            _ = try shop.decode(over: "tree")
            #expect(result.bundle.fileLength < 8000)
        }
    }

    @Test func `the directories of the unpacked trees are gone afterwards, also on failure`() throws
    {
        try twoVersions { shop in
            try shop.write("next/bin/infer", Array("#!/bin/sh\nexit 1\n".utf8), mode: 0o755)
        } _: { shop in
            let before = try Directory.open(path: shop.path).names()
            #expect(fault { try shop.delta(signing: ["missing"]) }?.code == .keys)
            #expect(try Directory.open(path: shop.path).names() == before)
            try shop.delta()
            #expect(
                try Directory.open(path: shop.path).names().sorted()
                    == (before + ["delta.nacelle"]).sorted())
        }
    }

    @Test func `bundles of which no delta can be made are refused in words`() throws {
        try twoVersions(recipients: ["device"]) { shop in
            try shop.write("next/bin/infer", Array("#!/bin/sh\nexit 1\n".utf8), mode: 0o755)
        } _: { shop in
            #expect(fault { try shop.delta(recipients: ["device"]) }?.code == .notRecipient)
            #expect(fault { try shop.delta(key: "device") }?.code == .keys)
            #expect(
                fault { try shop.delta(key: "stranger", recipients: ["device"]) }?.code
                    == .notRecipient)
            let same = fault {
                try shop.delta("old.nacelle", "old.nacelle", key: "device", recipients: ["device"])
            }
            #expect(same?.code == .source)
            try shop.delta(key: "device", recipients: ["device"])
            for (old, new) in [("delta.nacelle", "new.nacelle"), ("old.nacelle", "delta.nacelle")] {
                let found = fault { try shop.delta(old, new, to: "x", key: "device") }
                #expect(found?.code == .source)
                #expect(found?.message.contains("delta") == true)
            }
            let other = shop.description(tree: "tree: next")
                .replacing("application: demo", with: "application: another")
            try shop.write("other.yaml", other)
            try shop.build("other.nacelle", description: "other.yaml")
            #expect(fault { try shop.delta("other.nacelle", to: "x") }?.code == .source)
            try shop.makeRoot(targets: ["two"], threshold: 1)
            #expect(fault { try shop.delta(to: "x") }?.code == .untrusted)
        }
    }
}
