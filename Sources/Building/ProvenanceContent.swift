internal import Bundle
internal import Faults
internal import Sealing
internal import StrictJSON

/// What a document on a version's origin says of itself, read strictly and within bounds.
///
/// Signatures in it are not verified: whose they must be is for its reader to know.
struct ProvenanceContent {
    /// What a statement is about.
    struct Subject: Equatable {
        /// Its name, which is a path in the tree or anything else.
        let name: String
        /// Its SHA-256; `nil` where the statement names it by another digest.
        let digest: Digest?
    }

    let kind: ProvenanceDocument.Kind
    let version: String
    var predicateType: String?
    var envelope: ProvenanceDocument.Envelope?
    /// What an in-toto statement is about; none of a bill of materials.
    var subjects: [Subject] = []

    /// Reads a document.
    ///
    /// - Parameter bytes: the document.
    /// - Returns: what it is.
    /// - Throws: a `Fault` of code `malformed` that says in which way it is none of those that are
    ///   known.
    static func read(_ bytes: [UInt8]) throws(Fault) -> ProvenanceContent {
        let fields = try JSONFields(try json(bytes), path: "document")
        if fields.has("_type") { return try InTotoStatement.read(fields) }
        if fields.has("payloadType") {
            var content = try enveloped(fields)
            content.envelope = .dsse
            return content
        }
        if fields.has("dsseEnvelope") {
            let type = try fields.string("mediaType", limit: ProvenanceDocument.textLimit)
            guard type.hasPrefix("application/vnd.dev.sigstore.bundle") else {
                throw Fault(
                    .malformed,
                    "“document.mediaType” is “\(type.prefix(80))”; that of a Sigstore bundle was "
                        + "expected.")
            }
            var content = try enveloped(try fields.object("dsseEnvelope"))
            content.envelope = .sigstore
            return content
        }
        if fields.has("bomFormat") { return try BillOfMaterials.cycloneDX(fields) }
        if fields.has("spdxVersion") { return try BillOfMaterials.spdx2(fields) }
        if fields.has("@context") { return try BillOfMaterials.spdx3(fields) }
        throw Fault(
            .malformed,
            "The document is of no kind that is known: it has none of “_type” (in-toto), "
                + "“payloadType” (DSSE), “dsseEnvelope” (Sigstore), “spdxVersion”, “@context” "
                + "(SPDX) and “bomFormat” (CycloneDX).")
    }

    private static func json(_ bytes: [UInt8]) throws(Fault) -> JSONValue {
        // Bills of materials are large, and flat.
        let limits = JSONLimits(
            bytes: ProvenanceDocument.byteLimit, depth: 64, values: 1_000_000)
        do throws(Fault) {
            return try JSONReader.read(bytes, limits: limits)
        } catch {
            throw Fault(
                error.code, error.message,
                advice: "One JSON text is expected: an in-toto statement, a DSSE envelope or "
                    + "Sigstore bundle of one, or a bill of materials as SPDX or CycloneDX JSON.")
        }
    }

    /// The statement in a DSSE envelope.
    private static func enveloped(_ fields: JSONFields) throws(Fault) -> ProvenanceContent {
        let type = try fields.string("payloadType", limit: ProvenanceDocument.textLimit)
        guard type == "application/vnd.in-toto+json" else {
            throw Fault(
                .malformed,
                "“\(fields.path).payloadType” is “\(type.prefix(80))”; "
                    + "application/vnd.in-toto+json was expected.")
        }
        guard !(try fields.array("signatures", limit: 64)).isEmpty else {
            throw Fault(.malformed, "“\(fields.path).signatures” is empty: nobody has signed.")
        }
        let text = try fields.string("payload", limit: ProvenanceDocument.byteLimit)
        // DSSE has both alphabets of RFC 4648; which one was taken is not said.
        let standard = text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        let payload = try Base64.decode(
            String(decoding: standard, as: UTF8.self), as: "payload of the envelope")
        return try InTotoStatement.read(
            try JSONFields(try json(payload), path: "\(fields.path).payload"))
    }
}
