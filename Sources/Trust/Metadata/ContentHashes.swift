public import Faults
public import Sealing
internal import StrictJSON

/// The digests of a file by which metadata names it: SHA-256, SHA-512 or both.
public struct ContentHashes: Sendable, Hashable {
    /// SHA-256; `nil` where it is not given.
    public let sha256: Digest?
    /// SHA-512, 64 bytes; `nil` where it is not given.
    public let sha512: [UInt8]?
    /// How many digests there are of algorithms that this release does not know.
    let unknown: Int

    /// Names a file by its SHA-256.
    public init(sha256: Digest) {
        self.sha256 = sha256
        sha512 = nil
        unknown = 0
    }

    /// Reads the object `hashes`.
    ///
    /// - Throws: a `Fault` of code `malformed`; also where there is none of a known algorithm.
    init(_ fields: JSONFields) throws(Fault) {
        guard case .object(let members) = fields.value, (1...32).contains(members.count) else {
            throw Fault(.malformed, "“\(fields.path)” holds no digest, or more than 32.")
        }
        func digest(_ name: String, _ length: Int) throws(Fault) -> [UInt8]? {
            guard fields.has(name) else { return nil }
            let text = try fields.string(name, limit: 256)
            guard let bytes = Hex.decode(text), bytes.count == length else {
                throw Fault(
                    .malformed,
                    "“\(fields.path).\(name)” is not \(2 * length) lower-case hexadecimal digits.")
            }
            return bytes
        }
        sha256 = try digest("sha256", Digest.length).flatMap { Digest($0.span) }
        sha512 = try digest("sha512", SHA512.length)
        unknown = members.count - (sha256 == nil ? 0 : 1) - (sha512 == nil ? 0 : 1)
        guard sha256 != nil || sha512 != nil else {
            throw Fault(
                .malformed,
                "“\(fields.path)” holds neither a SHA-256 nor a SHA-512, only "
                    + "“\(members[0].key.prefix(40))”.")
        }
    }

    /// The digest that stands before a file's name where names are by content.
    ///
    /// - Returns: hexadecimal digits.
    public var prefix: String { sha256?.hex ?? Hex.encode(sha512 ?? []) }

    /// Whether bytes have these digests; each that is known must agree.
    ///
    /// - Throws: a `Fault` of code `internal` where libcrypto fails.
    public func match(_ bytes: [UInt8]) throws(Fault) -> Bool {
        if let sha256, try SHA256.digest(of: bytes) != sha256 { return false }
        if let sha512, try SHA512.digest(of: bytes) != sha512 { return false }
        return sha256 != nil || sha512 != nil
    }
}
