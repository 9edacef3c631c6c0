internal import Faults
public import Sealing
public import StrictJSON

/// A document on where a version comes from or what is in it, as the signed manifest names it.
///
/// The manifest holds the document's digest, so whoever trusts the manifest can tell that a document
/// is the one that the builder saw. What it says was not judged, nor any signature that it carries.
public struct ProvenanceDocument: Sendable, Equatable {
    /// The most documents of one bundle.
    public static let countLimit = 16
    /// The longest document that is read, in bytes.
    public static let byteLimit = 8 << 20
    /// The longest address, version and type, in bytes.
    public static let textLimit = 2048

    /// What the document is.
    public enum Kind: String, Sendable, CaseIterable {
        /// An in-toto statement, perhaps in an envelope.
        case inToto = "in-toto"
        /// A bill of materials as SPDX JSON.
        case spdx
        /// A bill of materials as CycloneDX JSON.
        case cycloneDX = "cyclonedx"
    }

    /// What an in-toto statement is wrapped in.
    public enum Envelope: String, Sendable, CaseIterable {
        /// A DSSE envelope.
        case dsse
        /// A Sigstore bundle, which holds a DSSE envelope.
        case sigstore
    }

    /// Where the document is.
    public enum Place: Sendable, Equatable {
        /// In the version's tree, at this path.
        case tree(path: String)
        /// Elsewhere, at this address.
        case address(String)
    }

    /// The name by which it is asked for; no two documents of a bundle share one.
    public var name: String
    /// What it is.
    public var kind: Kind
    /// The version of its format: `v1`, `SPDX-2.3`, `1.6`; `nil` where nobody read the document.
    public var version: String?
    /// The type of a statement's predicate; `nil` where it has none.
    public var predicateType: String?
    /// What a statement is wrapped in; `nil` where in nothing.
    public var envelope: Envelope?
    /// SHA-256 of the document's bytes.
    public var digest: Digest
    /// Bytes; `nil` where nobody read the document.
    public var size: Int64?
    /// Where it is.
    public var place: Place

    /// Describes a document.
    public init(
        name: String, kind: Kind, version: String? = nil, predicateType: String? = nil,
        envelope: Envelope? = nil, digest: Digest, size: Int64? = nil, place: Place
    ) {
        self.name = name
        self.kind = kind
        self.version = version
        self.predicateType = predicateType
        self.envelope = envelope
        self.digest = digest
        self.size = size
        self.place = place
    }

    init(_ fields: JSONFields) throws(Fault) {
        name = try fields.string("name", limit: 64)
        kind = try fields.word("kind")
        version = try fields.optionalString("version", limit: ProvenanceDocument.textLimit)
        predicateType = try fields.optionalString(
            "predicateType", limit: ProvenanceDocument.textLimit)
        envelope = fields.has("envelope") ? try fields.word("envelope") : nil
        digest = try fields.digest("sha256")
        size =
            fields.has("size")
            ? try fields.integer("size", in: 1...Int64(ProvenanceDocument.byteLimit)) : nil
        let path = try fields.optionalString("path", limit: BundleLimits.pathBytes)
        let uri = try fields.optionalString("uri", limit: ProvenanceDocument.textLimit)
        switch (path, uri) {
        case (let path?, nil): place = .tree(path: path)
        case (nil, let uri?): place = .address(uri)
        default:
            throw Fault(
                .malformed,
                "“\(fields.path)” has \(path == nil ? "neither" : "both") “path” and “uri”; exactly "
                    + "one was expected.")
        }
        try validate(fields.path)
    }

    /// Refuses what could not be shown, or could not be looked for.
    private func validate(_ path: String) throws(Fault) {
        guard Manifest.isName(name) else {
            throw Fault(.malformed, "“\(path).name” is no acceptable name.")
        }
        for text in [version, predicateType] {
            if let text, !ProvenanceDocument.isPlain(text) {
                throw Fault(
                    .malformed, "“\(path)” has a text with other characters than printable ASCII.")
            }
        }
        switch place {
        case .tree(let place):
            try SmokeCheck.slotPath(place, "\(path).path")
            guard size != nil, version != nil else {
                throw Fault(
                    .malformed,
                    "“\(path)” is a document in the tree without “size” and “version”.")
            }
        case .address(let uri):
            guard ProvenanceDocument.isAddress(uri) else {
                throw Fault(
                    .malformed,
                    "“\(path).uri” is no address; a scheme, a colon and printable ASCII without "
                        + "spaces were expected.")
            }
        }
    }

    /// Whether a text is not empty and of printable ASCII alone, without spaces.
    public static func isPlain(_ text: String) -> Bool {
        (1...textLimit).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// Whether a text can be an address (RFC 3986): a scheme, a colon, and something after it.
    public static func isAddress(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard isPlain(text), let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            colon < bytes.count - 1, let first = bytes.first, isLetter(first)
        else { return false }
        return bytes[..<colon].allSatisfy { byte in
            isLetter(byte) || (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E].contains(byte)
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// The document as the manifest has it.
    public var json: JSONValue {
        let path: String?
        let uri: String?
        switch place {
        case .tree(let place): (path, uri) = (place, nil)
        case .address(let address): (path, uri) = (nil, address)
        }
        return .members([
            ("name", .string(name)), ("kind", .string(kind.rawValue)),
            ("version", version.map(JSONValue.string)),
            ("predicateType", predicateType.map(JSONValue.string)),
            ("envelope", envelope.map { .string($0.rawValue) }),
            ("sha256", .string(digest.hex)), ("size", size.map { .integer($0) }),
            ("path", path.map(JSONValue.string)), ("uri", uri.map(JSONValue.string)),
        ])
    }
}

extension JSONFields {
    /// One of the words of an enumeration.
    fileprivate func word<Word: RawRepresentable & CaseIterable>(
        _ key: String
    ) throws(Fault) -> Word where Word.RawValue == String {
        let text = try string(key, limit: 64)
        guard let word = Word(rawValue: text) else {
            let known = Word.allCases.map { "“\($0.rawValue)”" }.joined(separator: ", ")
            throw Fault(
                .malformed, "“\(path).\(key)” is “\(text)”; one of \(known) was expected.")
        }
        return word
    }
}
