internal import Bundle
internal import Faults
internal import Sealing
internal import StrictJSON

/// Reads in-toto statements: who made what, and how (in-toto attestation framework, v0.1 and v1).
enum InTotoStatement {
    private static let versions = [
        "https://in-toto.io/Statement/v1": "v1", "https://in-toto.io/Statement/v0.1": "v0.1",
    ]
    private static let slsaProvenance = "https://slsa.dev/provenance/v1"

    static func read(_ fields: JSONFields) throws(Fault) -> ProvenanceContent {
        let type = try fields.string("_type", limit: ProvenanceDocument.textLimit)
        guard let version = versions[type] else {
            throw Fault(
                .malformed,
                "“\(fields.path)._type” is “\(type.prefix(80))”; one of "
                    + "\(versions.keys.sorted().joined(separator: ", ")) was expected.")
        }
        let predicateType = try fields.string(
            "predicateType", limit: ProvenanceDocument.textLimit)
        guard ProvenanceDocument.isAddress(predicateType) else {
            throw Fault(
                .malformed,
                "“\(fields.path).predicateType” is “\(predicateType.prefix(80))”; a type's address "
                    + "was expected.")
        }
        if predicateType == slsaProvenance { try checkSLSA(fields) }
        var subjects: [ProvenanceContent.Subject] = []
        let values = try fields.array("subject", limit: 1_000_000)
        for (number, value) in values.enumerated() {
            let path = "\(fields.path).subject[\(number)]"
            subjects.append(try subject(try JSONFields(value, path: path)))
        }
        guard !subjects.isEmpty else {
            throw Fault(.malformed, "“\(fields.path).subject” is empty: it states nothing.")
        }
        return ProvenanceContent(
            kind: .inToto, version: version, predicateType: predicateType, subjects: subjects)
    }

    private static func subject(
        _ fields: JSONFields
    ) throws(Fault) -> ProvenanceContent.Subject {
        let name = try fields.optionalString("name") ?? ""
        let digests = try fields.object("digest")
        return ProvenanceContent.Subject(
            name: name, digest: digests.has("sha256") ? try digests.digest("sha256") : nil)
    }

    /// SLSA provenance v1 says how it was built, and on what.
    private static func checkSLSA(_ fields: JSONFields) throws(Fault) {
        let predicate = try fields.object("predicate")
        _ = try predicate.object("buildDefinition").string("buildType")
        _ = try predicate.object("runDetails").object("builder").string("id")
    }
}
