internal import Archive
internal import Faults
internal import Sealing

/// How the subjects of an in-toto statement fit the files of a bundle's tree.
public struct SubjectMatch: Sendable, Equatable {
    /// The name of the document that holds the statement.
    public let document: String
    /// How many subjects it has.
    public let subjects: Int
    /// How many of them are files of the tree, by their SHA-256.
    public let files: Int

    /// Compares subjects with files.
    ///
    /// - Parameters:
    ///   - document: the document's name.
    ///   - subjects: what the statement is about.
    ///   - tree: told of all entries.
    ///   - files: the digests of all files.
    /// - Throws: a `Fault` of code `malformed` for a subject that has a file's path as its name and
    ///   another digest.
    init(
        document: String, _ subjects: [ProvenanceContent.Subject], tree: TreeDigestReceiver,
        files: Set<Digest>
    ) throws(Fault) {
        var found = 0
        for subject in subjects {
            guard let digest = subject.digest else { continue }
            let path =
                subject.name.hasPrefix("./") ? String(subject.name.dropFirst(2)) : subject.name
            if let file = tree.digest(ofFile: path), file != digest {
                throw Fault(
                    .malformed,
                    "Its statement is about “\(path.prefix(200))” with the digest \(digest.hex), and "
                        + "the file of that path in the tree has \(file.hex).",
                    advice: "Make the statement of the files that are packed, and build again.")
            }
            if files.contains(digest) { found += 1 }
        }
        self.document = document
        self.subjects = subjects.count
        self.files = found
    }
}
