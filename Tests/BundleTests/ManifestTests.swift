import Faults
import Sealing
import StrictJSON
import TestKit
import Testing

@testable import Bundle

@Suite struct ManifestTests {
    @Test func `a manifest with every field reads back from its own JSON`() throws {
        let manifest = try fullManifest()
        #expect(try readManifest(manifest.json) == manifest)
        #expect(try Manifest(reading: manifest.json.pretty) == manifest)
    }

    @Test(arguments: SeededGenerator.seeds(30))
    func `random manifests read back from their own JSON`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        func number<N: FixedWidthInteger>(_ range: ClosedRange<N>) -> N {
            switch Int.random(in: 0...3, using: &random) {
            case 0: range.lowerBound
            case 1: range.upperBound
            default: N.random(in: range, using: &random)
            }
        }
        func maybe<T>(_ value: T) -> T? { Bool.random(using: &random) ? value : nil }
        let isDelta = Bool.random(using: &random)
        let maximum = BundleLimits.streamBytes
        var manifest = try fullManifest()
        manifest.bundle = random.bytes(16)
        manifest.releaseCounter = number(1...UInt64(1) << 62)
        manifest.summary = String(repeating: "ü", count: number(0...512))
        manifest.compatible = (0..<number(0...256)).map { "machine-\($0)" }
        manifest.requirements = Manifest.Requirements(
            architecture: maybe("aarch64"),
            processorFeatures: (0..<number(0...64)).map { "f\($0)" }, memory: number(0...maximum),
            accelerator: maybe("gpu"), agent: "\(number(0...9)).0.1")
        manifest.tree = Manifest.Tree(
            digest: try random.digest(), entries: number(1...BundleLimits.treeEntries),
            bytes: number(0...maximum), diskBytes: number(0...2 * maximum))
        manifest.stream = Manifest.Stream(
            length: number(1...maximum), digest: try random.digest())
        manifest.index = Manifest.Index(
            length: number(1...Int64(1) << 32), pages: number(1...BundleLimits.pages),
            chunks: number(1...BundleLimits.chunks),
            paths: isDelta ? number(1...BundleLimits.basePaths) : 0, table: try random.digest())
        manifest.packLength = number(0...BundleLimits.packBytes)
        manifest.commitment = maybe(try random.digest())
        if !isDelta { manifest.delta = nil }
        manifest.reference = maybe(.bool(false))
        manifest.provenance = maybe(.string("x"))
        manifest.probation = ProbationSpecification(
            duration: number(0...604_800_000), interval: number(10...3_600_000),
            startTimeout: number(0...3_600_000), failures: number(1...1000))
        #expect(try readManifest(manifest.json) == manifest, "seed \(seed)")
    }

    @Test func `each field is needed or may be missing, as the specification says`() throws {
        let json = try fullManifest().json
        let optional: Set = [
            "summary", "requires.architecture", "requires.accelerator", "sealing", "delta",
            "reference", "provenance", "smoke.environment", "smoke.memory",
        ]
        for path in json.paths() {
            let name = path.joined(separator: ".")
            if name == "smoke.arguments" { continue }
            var without = json.with(path, nil)
            // A full bundle has no paths.
            if name == "delta" { without = without.with(["index", "paths"], .number("0")) }
            if optional.contains(name) {
                _ = try readManifest(without)
            } else {
                let fault = try fault { _ = try readManifest(without) }
                #expect(fault.code == .malformed)
                #expect(fault.message.contains(name), "\(fault.message)")
                #expect(fault.message.contains("missing"))
            }
        }
    }

    @Test func `null is missing`() throws {
        let json = try fullManifest().json
        for name in ["summary", "sealing", "reference", "provenance"] {
            let manifest = try readManifest(json.with([name], .null))
            #expect(try manifest == readManifest(json.with([name], nil)))
        }
        for name in ["version", "tree", "pack"] {
            #expect(try fault { _ = try readManifest(json.with([name], .null)) }.code == .malformed)
        }
    }

    @Test func `a field of another kind is named`() throws {
        let json = try fullManifest().json
        for path in json.paths() where !["reference", "provenance"].contains(path[0]) {
            let kind = path.reduce(json) { $0[$1] ?? .null }.kind
            for other in [
                JSONValue.bool(true), .array([.null]), .object([]), .string("?"), .number("7"),
            ] where other.kind != kind {
                let fault = try fault { _ = try readManifest(json.with(path, other)) }
                #expect(fault.code == .malformed)
                #expect(
                    fault.message.contains("manifest." + path.joined(separator: ".")), "\(fault)")
            }
        }
    }

    @Test(arguments: [
        (["format"], "1", "1"), (["releaseCounter"], "1", "4611686018427387904"),
        (["requires", "memory"], "0", "1099511627776"), (["tree", "entries"], "1", "100000"),
        (["tree", "bytes"], "0", "1099511627776"), (["tree", "diskBytes"], "0", "2199023255552"),
        (["stream", "length"], "1", "1099511627776"), (["index", "length"], "1", "4294967296"),
        (["index", "pages"], "1", "1024"), (["index", "chunks"], "1", "250000"),
        (["index", "paths"], "1", "65536"), (["pack", "length"], "0", "1099511627776"),
        (["probation", "duration"], "0", "604800000"),
        (["probation", "interval"], "10", "3600000"),
        (["probation", "startTimeout"], "0", "3600000"), (["probation", "failures"], "1", "1000"),
    ])
    func `a number is accepted at its limits and refused past them`(
        path: [String], least: String, most: String
    ) throws {
        let json = try fullManifest().json
        _ = try readManifest(json.with(path, .number(least)))
        _ = try readManifest(json.with(path, .number(most)))
        let below = try #require(Int64(least)) - 1
        let above = try #require(Int64(most)) + 1
        for past in ["\(below)", "\(above)", "\(least).0", "1e0", "18446744073709551616"] {
            let fault = try fault { _ = try readManifest(json.with(path, .number(past))) }
            let names = [path.joined(separator: "."), "base paths", "manifest has format"]
            #expect(names.contains { fault.message.contains($0) }, "\(fault)")
        }
    }

    @Test(arguments: [
        (["application"], 64), (["version"], 64), (["summary"], 1024),
        (["requires", "architecture"], 32), (["requires", "accelerator"], 64),
        (["requires", "agent"], 32), (["delta", "baseVersion"], 64),
    ])
    func `a text is accepted at its limit and refused past it`(path: [String], most: Int) throws {
        let json = try fullManifest().json
        _ = try readManifest(json.with(path, .string(String(repeating: "a", count: most))))
        let long = JSONValue.string(String(repeating: "a", count: most + 1))
        let fault = try fault { _ = try readManifest(json.with(path, long)) }
        #expect(fault.message.contains("\(most + 1) bytes"))
    }

    @Test func `lists are bounded in their count and in each text`() throws {
        let json = try fullManifest().json
        for (path, most, length) in [
            (["compatible"], 256, 128), (["requires", "processorFeatures"], 64, 32),
        ] {
            let text = JSONValue.string(String(repeating: "a", count: length))
            _ = try readManifest(json.with(path, .array(Array(repeating: text, count: most))))
            let more = JSONValue.array(Array(repeating: text, count: most + 1))
            #expect(try fault { _ = try readManifest(json.with(path, more)) }.code == .malformed)
            let longer = JSONValue.array([.string(String(repeating: "a", count: length + 1))])
            #expect(try fault { _ = try readManifest(json.with(path, longer)) }.code == .malformed)
        }
    }

    @Test(arguments: [
        String(repeating: "AB", count: 32), String(repeating: "a", count: 63),
        String(repeating: "g", count: 64), "", String(repeating: "é", count: 32),
    ])
    func `a digest is 64 lower-case digits`(text: String) throws {
        let json = try fullManifest().json
        for path in [
            ["tree", "digest"], ["stream", "digest"], ["index", "table"],
            ["sealing", "commitment"],
            ["delta", "baseTree"],
        ] {
            #expect(
                try fault { _ = try readManifest(json.with(path, .string(text))) }.code
                    == .malformed)
        }
    }

    @Test func `an id is 32 lower-case digits`() throws {
        let json = try fullManifest().json
        _ = try readManifest(json.with(["bundle"], .string(hexID)))
        for text in [
            "", String(hexID.dropLast()), String(hexID.dropLast(2)), hexID.uppercased(),
            hexID + "00",
        ] {
            for path in [["bundle"], ["delta", "full"]] {
                #expect(
                    try fault { _ = try readManifest(json.with(path, .string(text))) }.code
                        == .malformed)
            }
        }
    }

    @Test func `another format or cipher is unsupported`() throws {
        let json = try fullManifest().json
        for format in ["2", "65535"] {
            let fault = try fault { _ = try readManifest(json.with(["format"], .number(format))) }
            #expect(fault.code == .unsupported)
            #expect(fault.message.contains("format \(format);"))
        }
        let cipher = json.with(["sealing", "cipher"], .string("aes-256-gcm"))
        let fault = try fault { _ = try readManifest(cipher) }
        #expect(fault.code == .unsupported)
        #expect(fault.message.contains("aes-256-gcm"))
    }
}
