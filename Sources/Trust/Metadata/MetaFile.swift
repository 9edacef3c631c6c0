internal import Faults
internal import Sealing
internal import StrictJSON

/// What timestamp and snapshot say of another metadata file (`METAPATH` in TUF 1.0.34, section 4.4).
struct MetaFile: Sendable, Equatable {
    /// The version that it must have.
    let version: Int
    /// Its exact length in bytes; `nil` where that is left open.
    let length: Int?
    /// Its digests; `nil` where they are left open.
    let hashes: ContentHashes?

    /// Reads an entry of `meta`.
    init(_ fields: JSONFields) throws(Fault) {
        version = try fields.integer("version", in: MetadataHeader.versions)
        length =
            fields.has("length") ? try fields.integer("length", in: 1...Int(Int32.max)) : nil
        hashes = try fields.optionalObject("hashes").map { (fields) throws(Fault) in
            try ContentHashes(fields)
        }
    }

    /// Whether a file's bytes are the ones that are meant.
    ///
    /// - Returns: what is wrong, in words; `nil` where they are.
    func objection(to bytes: [UInt8]) throws(Fault) -> String? {
        if let length, bytes.count != length {
            return "it has \(bytes.count) bytes, and \(length) were announced"
        }
        if let hashes, try !hashes.match(bytes) {
            return "its SHA-256 is \(try SHA256.digest(of: bytes).short)…, and another digest "
                + "(\(hashes.prefix.prefix(12))…) was announced"
        }
        return nil
    }

    /// Reads an object `meta`, whose keys are file names.
    ///
    /// - Parameters:
    ///   - fields: the object.
    ///   - limit: the most entries that it may have.
    /// - Returns: the entries by the role's name, without `.json`.
    /// - Throws: a `Fault` of code `malformed`.
    static func table(_ fields: JSONFields, limit: Int) throws(Fault) -> [ExactName: MetaFile] {
        guard case .object(let members) = fields.value, members.count <= limit else {
            throw Fault(.malformed, "“\(fields.path)” has more than \(limit) entries.")
        }
        var table: [ExactName: MetaFile] = [:]
        for member in members {
            guard member.key.hasSuffix(".json"), member.key.utf8.count <= 1024 else {
                throw Fault(
                    .malformed,
                    "“\(fields.path)” has the entry “\(member.key.prefix(64))”; the name of a "
                        + ".json file of at most 1024 bytes was expected.")
            }
            let name = String(member.key.dropLast(5))
            table[ExactName(name)] = try MetaFile(
                try JSONFields(member.value, path: "\(fields.path).\(member.key.prefix(64))"))
        }
        return table
    }
}
