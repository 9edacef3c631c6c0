public import Faults
public import StrictJSON

extension Manifest {
    /// The documents on where the version comes from and what is in it.
    ///
    /// Devices do not ask: to them ``provenance`` stays closed, so that no document, and no later form
    /// of this list, can keep a machine from an update.
    ///
    /// - Returns: the documents, in the manifest's order; none where the manifest names none.
    /// - Throws: a `Fault` of code `malformed` where ``provenance`` has another form.
    public func documents() throws(Fault) -> [ProvenanceDocument] {
        guard let provenance else { return [] }
        guard case .array(let values) = provenance else {
            throw Fault(
                .malformed,
                "“manifest.provenance” is \(provenance.kind); a list of documents was expected.")
        }
        guard values.count <= ProvenanceDocument.countLimit else {
            throw Fault(
                .malformed,
                "“manifest.provenance” has \(values.count) documents; at most "
                    + "\(ProvenanceDocument.countLimit) are accepted.")
        }
        var documents: [ProvenanceDocument] = []
        var seen: Set<String> = []
        for (number, value) in values.enumerated() {
            let path = "manifest.provenance[\(number)]"
            let document = try ProvenanceDocument(try JSONFields(value, path: path))
            guard seen.insert(document.name).inserted else {
                throw Fault(
                    .malformed, "“\(path).name” is “\(document.name)”, as another document's is.")
            }
            documents.append(document)
        }
        return documents
    }

    /// The value of ``provenance`` that names some documents; `nil` for none.
    public static func provenance(_ documents: [ProvenanceDocument]) -> JSONValue? {
        documents.isEmpty ? nil : .array(documents.map(\.json))
    }
}
