import Sealing
import StrictJSON

@testable import Trust

/// The metadata of one role, which a test can bend before it is signed.
struct RoleSketch {
    var fields: [(name: String, value: JSONValue?)]
    var signers: [Signer]

    init(_ type: String, signers: [Signer], _ more: [(String, JSONValue?)] = []) {
        fields = [
            ("_type", .string(type)), ("spec_version", .string("1.0.34")),
            ("version", .integer(1)), ("expires", .string("2031-05-09T00:00:00Z")),
        ]
        fields += more.map { (name: $0.0, value: $0.1) }
        self.signers = signers
    }

    subscript(name: String) -> JSONValue? {
        get { fields.first { $0.name == name }?.value }
        set {
            if let place = fields.firstIndex(where: { $0.name == name }) {
                fields[place].value = newValue
            } else {
                fields.append((name, newValue))
            }
        }
    }

    var version: Int {
        get {
            guard case .number(let text)? = self["version"] else { return 0 }
            return Int(text) ?? 0
        }
        set { self["version"] = .integer(newValue) }
    }

    var signed: JSONValue { .members(fields.map { ($0.name, $0.value) }) }

    /// The file, signed.
    func bytes() throws -> [UInt8] {
        let signed = self.signed
        let canonical = try signed.canonical()
        return try RoleSketch.file(
            signed, signers.map { (id: $0.id, bytes: try $0.sign(canonical)) })
    }

    /// A file from its parts, in the order given and without any check.
    static func file(
        _ signed: JSONValue, _ signatures: [(id: String, bytes: [UInt8])]
    ) throws -> [UInt8] {
        JSONValue.members([
            (
                "signatures",
                .array(
                    signatures.map {
                        .members([
                            ("keyid", .string($0.id)), ("sig", .string(Hex.encode($0.bytes))),
                        ])
                    })
            ),
            ("signed", signed),
        ]).compact
    }
}

/// What a targets role says of a file, and what timestamp and snapshot say of metadata.
enum Entry {
    static func hashes(_ bytes: [UInt8], sha512: Bool = false) throws -> JSONValue {
        .members([
            ("sha256", .string(try SHA256.digest(of: bytes).hex)),
            ("sha512", sha512 ? .string(Hex.encode(try SHA512.digest(of: bytes))) : nil),
        ])
    }

    static func target(_ bytes: [UInt8], sha512: Bool = false) throws -> JSONValue {
        .members([
            ("length", .integer(bytes.count)), ("hashes", try hashes(bytes, sha512: sha512)),
        ])
    }

    static func meta(_ version: Int, _ bytes: [UInt8]) throws -> JSONValue {
        .members([
            ("version", .integer(version)), ("length", .integer(bytes.count)),
            ("hashes", try hashes(bytes)),
        ])
    }
}

/// A delegation, as a test writes it down.
struct Delegation {
    var name: String
    var keys: [Signer]
    var threshold = 1
    var paths: [String]? = ["*"]
    var prefixes: [String]?
    var terminating = false

    static func object(_ list: [Delegation]) -> JSONValue {
        let keys = RepositorySketch.table(list.flatMap(\.keys))
        return .members([
            ("keys", keys), ("roles", .array(list.map(\.form))),
        ])
    }

    var form: JSONValue {
        .members([
            ("name", .string(name)), ("keyids", .array(keys.map { .string($0.id) })),
            ("threshold", .integer(threshold)), ("terminating", .bool(terminating)),
            ("paths", paths.map { .array($0.map { .string($0) }) }),
            ("path_hash_prefixes", prefixes.map { .array($0.map { .string($0) }) }),
        ])
    }

    /// Hash bins in one line.
    static func bins(_ bits: Int, _ prefix: String, _ keys: [Signer]) -> JSONValue {
        .members([
            ("keys", RepositorySketch.table(keys)),
            (
                "succinct_roles",
                .members([
                    ("keyids", .array(keys.map { .string($0.id) })), ("threshold", .integer(1)),
                    ("bit_length", .integer(bits)), ("name_prefix", .string(prefix)),
                ])
            ),
        ])
    }
}
