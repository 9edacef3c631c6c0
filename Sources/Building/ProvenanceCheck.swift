internal import Archive
internal import Bundle
internal import Faults

/// Holds a bundle's embedded documents against its manifest and its tree, as `verify` does.
final class ProvenanceCheck {
    /// The documents in the tree.
    let embedded: [ProvenanceDocument]
    private var statements: [(document: ProvenanceDocument, ProvenanceContent)] = []

    /// Begins a check.
    ///
    /// - Parameter manifest: the manifest, authentic; one whose list has a form of another release
    ///   has nothing to check, as a device has not.
    init(_ manifest: Manifest) {
        let documents = (try? manifest.documents()) ?? []
        embedded = documents.filter { document in
            if case .tree = document.place { true } else { false }
        }
    }

    /// Takes a document that has its digest.
    ///
    /// - Throws: a `Fault` of code `malformed` where it is not what the manifest calls it.
    func check(_ document: ProvenanceDocument, _ bytes: [UInt8]) throws(Fault) {
        let content: ProvenanceContent
        do throws(Fault) {
            content = try ProvenanceContent.read(bytes)
        } catch {
            throw error.during("The document \(document.name)")
        }
        guard content.kind == document.kind, content.version == document.version,
            content.predicateType == document.predicateType, content.envelope == document.envelope
        else {
            throw Fault(
                .malformed,
                "The document \(document.name) is \(content.kind.rawValue) \(content.version); the "
                    + "manifest says \(document.kind.rawValue) \(document.version ?? "").")
        }
        if !content.subjects.isEmpty { statements.append((document, content)) }
    }

    /// Ends the check, after the tree.
    ///
    /// - Parameter tree: told of all entries.
    /// - Returns: what was checked, in words.
    /// - Throws: a `Fault` of code `malformed` for a statement about another content of a file.
    func finish(_ tree: TreeDigestReceiver) throws(Fault) -> [String] {
        guard !embedded.isEmpty else { return [] }
        var words = [
            "the documents \(embedded.map(\.name).joined(separator: ", ")): digest, size and kind"
        ]
        let files = statements.isEmpty ? [] : tree.fileDigests
        for (document, content) in statements {
            let match = try SubjectMatch(
                document: document.name, content.subjects, tree: tree, files: files)
            words.append(
                "the statement \(match.document): \(match.files) of \(match.subjects) subjects are "
                    + "files of the tree, and no file is another than it says")
        }
        return words
    }
}
