import Bundle
import Faults
import Sealing
import StrictJSON
import Testing

@testable import Building

@Suite struct ProvenanceContentTests {
    private let digest = String(repeating: "ab", count: 32)
    private var statement: String { ProvenanceSamples.statement([("bin/infer", digest)]) }

    private func read(_ text: String) throws -> ProvenanceContent {
        try ProvenanceContent.read(Array(text.utf8))
    }

    private func refusal(_ text: String) -> Fault? { fault { _ = try read(text) } }

    @Test func `a statement is recognised, bare and in its envelopes`() throws {
        for (text, envelope) in [
            (statement, nil), (ProvenanceSamples.envelope(statement), "dsse"),
            (ProvenanceSamples.sigstore(statement), "sigstore"), (statement + "\n", nil),
        ] {
            let content = try read(text)
            #expect(content.kind == .inToto)
            #expect(content.version == "v1")
            #expect(content.predicateType == "https://slsa.dev/provenance/v1")
            #expect(content.envelope?.rawValue == envelope)
            #expect(content.subjects.map(\.name) == ["bin/infer"])
            #expect(content.subjects.first?.digest?.hex == digest)
        }
        let old = ProvenanceSamples.statement(
            [("a", digest)], type: "https://in-toto.io/Statement/v0.1")
        #expect(try read(old).version == "v0.1")
    }

    @Test func `an envelope in the other base64 alphabet is read`() throws {
        let odd = statement.replacing("refs/tags", with: "???>>>~~~\u{7f}")
        let text = ProvenanceSamples.envelope(odd)
        #expect(text.contains("/") && text.contains("+"))
        let other = text.replacing("+json", with: "§").replacing("/vnd", with: "§§")
            .replacing("+", with: "-").replacing("/", with: "_")
            .replacing("§§", with: "/vnd").replacing("§", with: "+json")
        #expect(try read(other).subjects.count == 1)
    }

    @Test func `bills of materials are recognised with their version`() throws {
        #expect(try read(ProvenanceSamples.spdx2).version == "SPDX-2.3")
        #expect(try read(ProvenanceSamples.spdx3).version == "SPDX-3.0.1")
        let content = try read(ProvenanceSamples.cycloneDX)
        #expect(content.kind == .cycloneDX)
        #expect(content.version == "1.6")
        #expect(content.subjects.isEmpty)
    }

    @Test(arguments: [
        ("{}", "of no kind that is known"), ("[]", "an object was expected"),
        ("", "the text ends"), ("<bom/>", "at byte 0"), ("{} {}", "something follows"),
        (#"{"_type": "https://in-toto.io/Statement/v2"}"#, "“document._type” is"),
        (#"{"_type": 1}"#, "“document._type” is a number"),
        (#"{"_type": "a", "_type": "b"}"#, "stands twice"),
        (#"{"bomFormat": "Cyclone"}"#, "“CycloneDX” was expected"),
        (#"{"bomFormat": "CycloneDX", "specVersion": "1.1"}"#, "“1.2” or a later"),
        (#"{"bomFormat": "CycloneDX", "specVersion": "1.06"}"#, "“1.2” or a later"),
        (#"{"bomFormat": "CycloneDX", "specVersion": "2.0"}"#, "“1.2” or a later"),
        (#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": 1}"#, "an array"),
        (#"{"spdxVersion": "SPDX-2.1"}"#, "“SPDX-2.2” or “SPDX-2.3”"),
        (#"{"spdxVersion": "SPDX-2.3", "SPDXID": "x"}"#, "“SPDXRef-DOCUMENT” was expected"),
        (#"{"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT"}"#, "“document.name” is miss"),
        (#"{"@context": "https://schema.org"}"#, "that of SPDX 3 was expected"),
        (#"{"@context": "https://spdx.org/rdf/3./spdx-context.jsonld"}"#, "“document.@graph”"),
        (
            #"{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": []}"#,
            "no SpdxDocument"
        ),
        (#"{"dsseEnvelope": {}, "mediaType": "x"}"#, "that of a Sigstore bundle"),
        (#"{"payloadType": "text/plain"}"#, "application/vnd.in-toto+json was expected"),
        (
            #"{"payloadType": "application/vnd.in-toto+json", "payload": "", "signatures": []}"#,
            "nobody has signed"
        ),
        (
            #"{"payloadType": "application/vnd.in-toto+json", "payload": "e", "signatures": [1]}"#,
            "not base64"
        ),
    ])
    func `another document is refused in words`(text: String, says: String) throws {
        let fault = try #require(refusal(text))
        #expect(fault.code == .malformed)
        #expect(fault.message.contains(says), "\(fault.message)")
    }

    @Test(arguments: [
        ("\"subject\": [{", "\"subject\": [], \"x\": [{", "is empty"),
        ("{\"sha256\"", "{\"gitCommit\"", ""),
        ("abab", "ABAB", "not a SHA-256"),
        ("\"predicateType\": \"https", "\"predicateType\": \"\\u001b https", "a type's address"),
        ("\"predicate\"", "\"predicat\"", "“document.predicate” is missing"),
        ("\"buildType\"", "\"type\"", "buildType” is missing"),
        ("\"id\"", "\"ID\"", "builder.id” is missing"),
    ])
    func `a statement that does not hold is refused`(
        part: String, other: String, says: String
    ) throws {
        let text = statement.replacing(part, with: other)
        guard !says.isEmpty else {
            #expect(try read(text).subjects == [.init(name: "bin/infer", digest: nil)])
            return
        }
        let fault = try #require(refusal(text))
        #expect(fault.message.contains(says), "\(fault.message)")
    }

    @Test func `depth and size are bounded`() throws {
        let deep = String(repeating: "[", count: 100_000)
        #expect(refusal("{\"x\": \(deep)")?.message.contains("nested deeper than 64") == true)
        let huge = [UInt8](repeating: 0x20, count: (8 << 20) + 1)
        let fault = try #require(fault { _ = try ProvenanceContent.read(huge) })
        #expect(fault.message.contains("at most 8388608"))
        let many = "{\"x\": [" + String(repeating: "1,", count: 1_000_001) + "1]}"
        #expect(refusal(many)?.message.contains("more than 1000000 values") == true)
    }

    @Test func `truncated and altered documents never trap`() throws {
        for text in [
            statement, ProvenanceSamples.sigstore(statement), ProvenanceSamples.spdx2,
            ProvenanceSamples.spdx3, ProvenanceSamples.cycloneDX,
        ] {
            let bytes = Array(text.utf8)
            for count in bytes.indices {
                #expect(fault { _ = try ProvenanceContent.read(Array(bytes[..<count])) } != nil)
            }
            for place in bytes.indices {
                var bent = bytes
                bent[place] ^= UInt8(1 << (place % 8))
                _ = try? ProvenanceContent.read(bent)
            }
        }
    }
}
