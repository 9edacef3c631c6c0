internal import Faults
internal import StrictJSON

/// A file that a server offers.
///
/// Size and digests are hints: signatures of our own decide.
public struct Artifact: Sendable, Equatable {
    /// Its name, one component.
    public var file: String
    /// Bytes, as the server says.
    public var size: Int64
    /// SHA-256 in hexadecimal, where the server says one.
    public var sha256: String?
    /// SHA-1 in hexadecimal, where the server says one.
    public var sha1: String?
    /// Where it is.
    public var href: String

    /// Makes an artifact.
    public init(
        file: String, size: Int64, sha256: String? = nil, sha1: String? = nil, href: String
    ) {
        self.file = file
        self.size = size
        self.sha256 = sha256
        self.sha1 = sha1
        self.href = href
    }

    /// The files of a chunk.
    static func read(_ chunk: JSONFields, _ server: FleetServer) throws(Fault) -> [Artifact] {
        guard chunk.has("artifacts") else { return [] }
        var artifacts: [Artifact] = []
        let values = try chunk.array("artifacts", limit: Deployment.artifactLimit)
        for (number, value) in values.enumerated() {
            let fields = try JSONFields(value, path: "\(chunk.path).artifacts[\(number)]")
            let links = try fields.optionalObject("_links")
            let secure = try href(links, "download")
            let plain = try href(links, "download-http")
            guard let href = secure ?? plain else {
                throw Fault(.malformed, "“\(fields.path)” has no link to its file.")
            }
            let hashes = try fields.optionalObject("hashes")
            artifacts.append(
                Artifact(
                    file: try name(fields, "filename"),
                    size: fields.has("size")
                        ? try fields.integer("size", in: 0...Int64(1) << 50) : 0,
                    sha256: digest(hashes, "sha256", 64), sha1: digest(hashes, "sha1", 40),
                    href: try server.fileLink(href, "an artifact")))
        }
        return artifacts
    }

    private static func href(_ links: JSONFields?, _ key: String) throws(Fault) -> String? {
        guard let links, let link = try links.optionalObject(key) else { return nil }
        return try link.string("href", limit: 8192)
    }

    /// A name of one component that says nothing of other places.
    static func name(_ fields: JSONFields, _ key: String) throws(Fault) -> String {
        let name = try fields.string(key, limit: 255)
        guard isName(name) else {
            throw Fault(.malformed, "“\(fields.path).\(key)” is no plain name of a file.")
        }
        return name
    }

    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".."
            && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0x2F }
    }

    /// A digest in lower case; one that is none is left out, as it is a hint alone.
    static func digest(_ fields: JSONFields?, _ key: String, _ length: Int) -> String? {
        guard case .string(let text)? = fields?.value[key], text.utf8.count == length,
            text.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
        else { return nil }
        return text.lowercased()
    }
}
