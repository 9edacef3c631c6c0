internal import Faults
internal import StrictJSON
internal import Transport

/// The metadata files of a publication, written down before the first of them is put in place.
///
/// A crash in between leaves the old state for readers, as the timestamp comes last; the next command
/// puts the rest in place, which takes no key.
struct PublicationJournal {
    /// Where it stands below the repository's folder.
    static let path = RepositoryFolder.work + "publication.json"
    private static let limits = JSONLimits(bytes: 64 << 20, depth: 8, values: 4096)

    /// A file below the repository's folder.
    struct File {
        let path: String
        let bytes: [UInt8]
        /// Whether the name may hold something else later: the timestamp's alone.
        let changes: Bool
    }

    /// Puts files in place, in their order.
    static func publish(_ files: [File], in folder: borrowing RepositoryFolder) throws(Fault) {
        if files.count > 1 {
            let list: [JSONValue] = files.map {
                .members([
                    ("path", .string($0.path)), ("changes", .bool($0.changes)),
                    ("text", .string(String(decoding: $0.bytes, as: UTF8.self))),
                ])
            }
            try folder.replace(path, with: JSONValue.members([("files", .array(list))]).compact)
        }
        try finish(files, in: folder)
    }

    /// The files of a publication that was interrupted; `nil` where none was.
    ///
    /// - Throws: a `Fault` where it cannot be read.
    static func read(_ tree: FolderTree) throws(Fault) -> [File]? {
        guard let bytes = try tree.read(path, limit: limits.bytes) else { return nil }
        let fields = try JSONFields(try JSONReader.read(bytes, limits: limits), path: "publication")
        var files: [File] = []
        for (number, value) in try fields.array("files", limit: 1024).enumerated() {
            let file = try JSONFields(value, path: "publication.files[\(number)]")
            files.append(
                File(
                    path: try file.string("path"),
                    bytes: Array(try file.string("text", limit: limits.bytes).utf8),
                    changes: try file.bool("changes")))
        }
        return files
    }

    /// Puts what is left of a publication in place.
    static func finish(
        _ files: [File], in folder: borrowing RepositoryFolder
    ) throws(Fault) {
        for file in files {
            if file.changes {
                try folder.replace(file.path, with: file.bytes)
            } else {
                try folder.put(file.path, file.bytes)
            }
        }
        if files.count != 1 { try folder.remove(path) }
    }
}
