import Faults
import Sealing
import StrictJSON
import Testing

@testable import Bundle

@Suite struct ProvenanceDocumentTests {
    private func samples() throws -> [ProvenanceDocument] {
        let digest = try #require(Digest(hex: hexDigest))
        return [
            ProvenanceDocument(
                name: "build.intoto.jsonl", kind: .inToto, version: "v1",
                predicateType: "https://slsa.dev/provenance/v1", envelope: .sigstore,
                digest: digest, size: 800, place: .tree(path: "provenance/build.intoto.jsonl")),
            ProvenanceDocument(
                name: "sbom", kind: .cycloneDX, version: "1.6", digest: digest, size: 1,
                place: .tree(path: "sbom.json")),
            ProvenanceDocument(
                name: "remote", kind: .spdx, digest: digest,
                place: .address("https://example.org/sbom?x=1")),
        ]
    }

    private func documents(_ value: JSONValue?) throws -> [ProvenanceDocument] {
        var manifest = try fullManifest()
        manifest.provenance = value
        return try readManifest(manifest.json).documents()
    }

    @Test func `documents read back as they were written`() throws {
        let samples = try samples()
        #expect(try documents(Manifest.provenance(samples)) == samples)
        #expect(try documents(nil).isEmpty)
        #expect(Manifest.provenance([]) == nil)
        // A field of a later release is passed over.
        let more = samples.map { $0.json.with(["later"], .bool(true)) }
        #expect(try documents(.array(more)) == samples)
    }

    @Test func `a list of another form keeps no manifest from being read`() throws {
        let most = try samples().prefix(1).map(\.json)
        for value: JSONValue in [
            .string("x"), .members([("source", .string("x"))]), .array([.string("x")]),
            .array(Array(repeating: most[0], count: 2)),
            .array((0..<17).map { most[0].with(["name"], .string("n\($0)")) }),
        ] {
            var manifest = try fullManifest()
            manifest.provenance = value
            #expect(try readManifest(manifest.json) == manifest)
            #expect(try fault { _ = try manifest.documents() }.code == .malformed)
        }
    }

    @Test(arguments: [
        ("name", JSONValue.string("../x")), ("name", .string("")), ("name", .number("1")),
        ("kind", .string("pdf")), ("kind", .null), ("version", .string("a b")),
        ("version", .null), ("predicateType", .string("\u{1b}[2J")), ("envelope", .string("pgp")),
        ("sha256", .string("ab")), ("sha256", .null), ("size", .number("0")), ("size", .null),
        ("size", .number("8388609")), ("path", .string("/etc/passwd")), ("path", .string("a/../b")),
        ("path", .null), ("uri", .string("https://example.org")),
    ])
    func `a document that could not be shown or found is refused`(
        key: String, value: JSONValue
    ) throws {
        let json = try #require(try samples().first).json.with([key], value)
        let fault = try fault { _ = try documents(.array([json])) }
        #expect(fault.code == .malformed)
        #expect(fault.message.contains("manifest.provenance[0]"), "\(fault.message)")
    }

    @Test func `an address has a scheme and no spaces`() {
        for good in ["https://e.org/x", "a:b", "pkg+x.y-1:z", "urn:uuid:1"] {
            #expect(ProvenanceDocument.isAddress(good))
        }
        for bad in ["", ":", "a:", ":b", "a", "1:b", "a b:c", "a:b c", "a:é", "a_b:c", "a:\n"] {
            #expect(!ProvenanceDocument.isAddress(bad))
        }
    }
}
