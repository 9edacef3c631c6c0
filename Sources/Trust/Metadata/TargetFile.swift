public import Faults
public import StrictJSON

/// A file that a repository offers, as verified targets metadata describes it.
public struct TargetFile: Sendable, Equatable {
    /// The longest path, in bytes.
    public static let pathLimit = 4096

    /// Its path below the repository's targets.
    public let path: String
    /// Its exact length in bytes.
    public let length: Int64
    /// Its digests.
    public let hashes: ContentHashes
    /// What the publisher adds; opaque here.
    public let custom: JSONValue?

    /// Reads an entry of `targets`.
    init(path: String, _ fields: JSONFields) throws(Fault) {
        self.path = path
        length = try fields.integer("length", in: 0...Int64(1) << 53)
        hashes = try ContentHashes(try fields.object("hashes"))
        custom = fields.value["custom"]
    }

    /// The path by which a server has it: with the digest before the last component where names are
    /// by content.
    ///
    /// - Parameter consistentSnapshot: whether they are.
    /// - Returns: the path.
    public func storedPath(consistentSnapshot: Bool) -> String {
        guard consistentSnapshot else { return path }
        let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) }
        let cut = name ?? path.startIndex
        return "\(path[..<cut])\(hashes.prefix).\(path[cut...])"
    }

    /// Refuses bytes that are not the file's.
    ///
    /// - Throws: a `Fault` of code `malformed` with the numbers.
    public func check(_ bytes: [UInt8]) throws(Fault) {
        guard Int64(bytes.count) == length else {
            throw Fault(
                .malformed,
                "The target “\(path)” came with \(bytes.count) bytes; the metadata says \(length).",
                advice: "Fetch it again; if it stays so, publish it again.")
        }
        guard try hashes.match(bytes) else {
            throw Fault(
                .malformed,
                "The target “\(path)” came with other bytes than the metadata's digest "
                    + "\(hashes.prefix.prefix(12))… says.",
                advice: "Fetch it again; if it stays so, publish it again.")
        }
    }
}
