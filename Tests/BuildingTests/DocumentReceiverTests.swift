import Archive
import Bundle
import Faults
import Sealing
import Testing

@testable import Building

/// What `verify` and `inspect --provenance` refuse of a bundle that was signed all the same.
@Suite struct DocumentReceiverTests {
    private let text = Array(ProvenanceSamples.cycloneDX.utf8)

    private func document(
        digest: Digest? = nil, size: Int? = nil, version: String = "1.6",
        kind: ProvenanceDocument.Kind = .cycloneDX
    ) throws -> ProvenanceDocument {
        ProvenanceDocument(
            name: "sbom", kind: kind, version: version,
            digest: try digest ?? SHA256.digest(of: text), size: Int64(size ?? text.count),
            place: .tree(path: "sbom.json"))
    }

    /// Sends a tree of one file, in two pieces, through a receiver.
    private func receive(
        _ document: ProvenanceDocument, path: String = "sbom.json",
        take: @escaping (ProvenanceDocument, [UInt8]) throws(Fault) -> Void = { _, _ in }
    ) throws(Fault) {
        let receiver = try DocumentReceiver([document], take: take)
        try receiver.begin(
            ArchiveEntry(path: path, kind: .file, permissions: 0o644, size: Int64(text.count)))
        let first = Array(text[..<40])
        let second = Array(text[40...])
        try receiver.data(first.span, at: 0)
        try receiver.data(second.span, at: 40)
        try receiver.end()
        try receiver.requireAll()
    }

    @Test func `a document is given whole`() throws {
        var found: [UInt8] = []
        try receive(document()) { (document, bytes) throws(Fault) in found = bytes }
        #expect(found == text)
    }

    @Test func `another digest, another size and a missing file are refused`() throws {
        let zero = try #require(Digest(hex: String(repeating: "0", count: 64)))
        for (document, path, says) in [
            (try document(digest: zero), "sbom.json", "the manifest says 0000"),
            (try document(size: 7), "sbom.json", "a file of 7 bytes by the manifest"),
            (try document(), "other.json", "the tree has no such file"),
        ] {
            let fault = try #require(fault { try receive(document, path: path) })
            #expect(fault.code == .malformed)
            #expect(fault.message.contains(says), "\(fault.message)")
        }
    }

    @Test func `a document that is not what the manifest calls it is refused`() throws {
        for document in [try document(version: "1.5"), try document(kind: .spdx)] {
            var manifest = try Workshop.manifest()
            manifest.provenance = Manifest.provenance([document])
            let check = ProvenanceCheck(manifest)
            #expect(check.embedded == [document])
            let fault = try #require(fault { try check.check(document, text) })
            #expect(fault.message.contains("sbom is cyclonedx 1.6; the manifest says"))
        }
    }

    @Test func `a link in a document's place is refused`() throws {
        let receiver = try DocumentReceiver([try document()]) { _, _ in }
        let link = ArchiveEntry(
            path: "sbom.json", kind: .symbolicLink(target: "x"), permissions: 0o777)
        #expect(fault { try receiver.begin(link) }?.message.contains("no file") == true)
    }
}

extension Workshop {
    /// The manifest of some bundle.
    fileprivate static func manifest() throws -> Manifest {
        var manifest: Manifest?
        try run { shop in manifest = try shop.build().manifest }
        return try #require(manifest)
    }
}
