internal import Faults
internal import StrictJSON

/// Reads the server's JSON within bounds: unknown fields are passed over, what is used is checked.
enum DDIReader {
    /// The longest document, in bytes.
    static let limit = 512 << 10
    /// The longest action id, in bytes.
    static let idLimit = 64

    /// Reads a document.
    ///
    /// - Parameters:
    ///   - bytes: its text.
    ///   - what: what it is, for messages.
    ///   - body: takes what it needs.
    /// - Returns: what `body` returns.
    /// - Throws: a `Fault` of code `server-refused`.
    static func read<Document>(
        _ bytes: [UInt8], _ what: String, _ body: (JSONFields) throws(Fault) -> Document
    ) throws(Fault) -> Document {
        do throws(Fault) {
            let json = try JSONReader.read(
                bytes, limits: JSONLimits(bytes: limit, depth: 24, values: 20_000))
            return try body(try JSONFields(json, path: what))
        } catch  where error.code == .malformed {
            throw Fault(
                .serverRefused, "The server's answer (\(what)) cannot be used: \(error.message)",
                advice: "Look at the server, and at what stands between it and this machine.")
        }
    }

    /// An action's id: a number or a short word, and safe as a part of an address.
    static func id(_ fields: JSONFields, _ key: String) throws(Fault) -> String {
        let text: String
        if case .number(let number)? = fields.value[key] {
            text = number
        } else {
            text = try fields.string(key, limit: idLimit)
        }
        guard isID(text) else {
            throw Fault(
                .malformed,
                "“\(fields.path).\(key)” is no action's id of 1 to \(idLimit) letters and digits.")
        }
        return text
    }

    /// Whether a text is an action's id.
    static func isID(_ text: String) -> Bool {
        (1...idLimit).contains(text.utf8.count) && text != "." && text != ".."
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                    || (0x61...0x7A).contains(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
            }
    }

    /// The address that a link gives; `nil` where the document has no such link.
    static func link(
        _ links: JSONFields?, _ name: String, _ server: FleetServer
    ) throws(Fault) -> String? {
        guard let links, let link = try links.optionalObject(name) else { return nil }
        return try server.link(try link.string("href", limit: 8192), name)
    }
}
