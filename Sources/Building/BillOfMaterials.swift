internal import Bundle
internal import Faults
internal import StrictJSON

/// Recognises bills of materials by what every one of their standard must have.
enum BillOfMaterials {
    private static let spdx3Context = "https://spdx.org/rdf/3."

    /// CycloneDX JSON, 1.2 and later.
    static func cycloneDX(_ fields: JSONFields) throws(Fault) -> ProvenanceContent {
        let format = try fields.string("bomFormat", limit: ProvenanceDocument.textLimit)
        guard format == "CycloneDX" else {
            throw Fault(
                .malformed,
                "“document.bomFormat” is “\(format.prefix(80))”; “CycloneDX” was expected.")
        }
        let version = try fields.string("specVersion", limit: 16)
        let parts = version.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "1", let minor = UInt8(parts[1]), minor >= 2,
            version == "1.\(minor)"
        else {
            throw Fault(
                .malformed,
                "“document.specVersion” is “\(version)”; “1.2” or a later “1.” was expected.")
        }
        if fields.has("components") { _ = try fields.array("components", limit: 1_000_000) }
        return ProvenanceContent(kind: .cycloneDX, version: version)
    }

    /// SPDX 2.2 and 2.3 as JSON.
    static func spdx2(_ fields: JSONFields) throws(Fault) -> ProvenanceContent {
        let version = try fields.string("spdxVersion", limit: 16)
        guard ["SPDX-2.2", "SPDX-2.3"].contains(version) else {
            throw Fault(
                .malformed,
                "“document.spdxVersion” is “\(version)”; “SPDX-2.2” or “SPDX-2.3” was expected.")
        }
        let id = try fields.string("SPDXID", limit: 256)
        guard id == "SPDXRef-DOCUMENT" else {
            throw Fault(
                .malformed,
                "“document.SPDXID” is “\(id.prefix(80))”; “SPDXRef-DOCUMENT” was expected.")
        }
        for key in ["name", "dataLicense", "documentNamespace"] { _ = try fields.string(key) }
        _ = try fields.object("creationInfo").string("created", limit: 64)
        return ProvenanceContent(kind: .spdx, version: version)
    }

    /// SPDX 3 as JSON-LD: the published context, and a document in the graph.
    static func spdx3(_ fields: JSONFields) throws(Fault) -> ProvenanceContent {
        let context = try fields.string("@context", limit: ProvenanceDocument.textLimit)
        let name = "/spdx-context.jsonld"
        guard context.hasPrefix(spdx3Context), context.hasSuffix(name) else {
            throw Fault(
                .malformed,
                "“document.@context” is “\(context.prefix(80))”; that of SPDX 3 was expected: "
                    + "\(spdx3Context)0.1\(name).")
        }
        let number = context.dropFirst(spdx3Context.count - 2).dropLast(name.count)
        guard number.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }),
            number.utf8.count <= 16
        else { throw Fault(.malformed, "“document.@context” names no version of SPDX 3.") }
        let graph = try fields.array("@graph", limit: 1_000_000)
        guard graph.contains(where: { $0["type"] == .string("SpdxDocument") }) else {
            throw Fault(.malformed, "“document.@graph” has no SpdxDocument in it.")
        }
        return ProvenanceContent(kind: .spdx, version: "SPDX-\(number)")
    }
}
