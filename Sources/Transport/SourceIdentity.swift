internal import Faults

/// What tells one state of a file on a server from another.
struct SourceIdentity {
    /// The address, safe to show.
    let name: String
    /// How many bytes it has.
    let length: Int64
    private let entityTag: String?
    private let lastModified: String?

    /// Takes them from an answer's head.
    init(_ head: ResponseHead, length: Int64, name: String) {
        self.name = name
        self.length = length
        entityTag = head.entityTag.flatMap { $0.utf8.count <= 256 ? $0 : nil }
        lastModified = head.lastModified.flatMap { $0.utf8.count <= 64 ? $0 : nil }
    }

    /// The header line that makes a range request fail where the file is another; only a strong
    /// tag, or a date, may stand there (RFC 9110, 13.1.5).
    var condition: [String] {
        if let entityTag, entityTag.utf8.count >= 2, entityTag.hasPrefix("\""),
            entityTag.hasSuffix("\"")
        {
            return SourceIdentity.line(entityTag)
        }
        return lastModified.map(SourceIdentity.line) ?? []
    }

    /// The line of a request that says it; none where the server's word would split the line, as a
    /// carriage return does for some.
    private static func line(_ word: String) -> [String] {
        word.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } ? ["If-Range: " + word] : []
    }

    /// Refuses an answer about another state of the file.
    func check(_ head: ResponseHead, total: Int64) throws(Fault) {
        guard total == length else {
            throw changed("it had \(length) bytes and now has \(total)")
        }
        if let entityTag, let now = head.entityTag {
            guard entityTag == now else {
                throw changed("its ETag was \(entityTag) and is now \(now.prefix(256))")
            }
        } else if let lastModified, let now = head.lastModified {
            guard lastModified == now else {
                throw changed("it was of \(lastModified) and is now of \(now.prefix(64))")
            }
        }
    }

    /// The fault for a file that is another now.
    func changed(_ how: String) -> Fault {
        Fault(
            .serverChanged, "\(name) changed while it was fetched: \(how).",
            advice: "Start the command again; publish under a new name instead of replacing a "
                + "file.")
    }
}
