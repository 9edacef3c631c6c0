import Sealing
import StrictJSON

/// Documents such as tools for provenance and bills of materials write.
enum ProvenanceSamples {
    /// A statement with SLSA provenance v1.
    static func statement(
        _ subjects: [(name: String, digest: String)],
        type: String = "https://in-toto.io/Statement/v1"
    ) -> String {
        let list = subjects.map {
            #"{"name": "\#($0.name)", "digest": {"sha256": "\#($0.digest)"}}"#
        }
        return """
            {"_type": "\(type)", "subject": [\(list.joined(separator: ", "))],
             "predicateType": "https://slsa.dev/provenance/v1",
             "predicate": {"buildDefinition": {"buildType": "https://ci.example/build/1",
               "externalParameters": {"ref": "refs/tags/v1.0.0"}},
              "runDetails": {"builder": {"id": "https://ci.example/runner"}}}}
            """
    }

    /// A DSSE envelope around a statement; nobody verifies its signature here.
    static func envelope(
        _ statement: String, type: String = "application/vnd.in-toto+json"
    ) -> String {
        """
        {"payload": "\(Base64.encode(Array(statement.utf8)))", "payloadType": "\(type)",
         "signatures": [{"keyid": "ci", "sig": "MEUCIQ=="}]}
        """
    }

    /// A Sigstore bundle around a statement.
    static func sigstore(_ statement: String) -> String {
        """
        {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
         "verificationMaterial": {"certificate": {"rawBytes": "MA=="}},
         "dsseEnvelope": \(envelope(statement))}
        """
    }

    static let spdx2 = """
        {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
         "name": "demo", "documentNamespace": "https://example.org/spdx/demo-1",
         "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: by-hand-1"]},
         "packages": [{"name": "demo", "SPDXID": "SPDXRef-demo", "versionInfo": "1.0.0",
           "downloadLocation": "NOASSERTION", "filesAnalyzed": false,
           "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION",
           "copyrightText": "NOASSERTION"}],
         "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT",
           "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-demo"}]}
        """

    static let spdx3 = """
        {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [
          {"type": "CreationInfo", "@id": "_:c", "specVersion": "3.0.1",
           "created": "2026-01-01T00:00:00Z", "createdBy": ["https://example.org/a"]},
          {"type": "Person", "spdxId": "https://example.org/a", "creationInfo": "_:c"},
          {"type": "SpdxDocument", "spdxId": "https://example.org/d", "creationInfo": "_:c"}]}
        """

    static let cycloneDX = """
        {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
         "components": [{"type": "library", "name": "onnxruntime", "version": "1.32.0"}]}
        """

    static func digest(_ bytes: [UInt8]) throws -> String { try SHA256.digest(of: bytes).hex }
}
