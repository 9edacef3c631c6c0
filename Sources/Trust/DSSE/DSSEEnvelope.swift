public import Faults
internal import StrictJSON

/// A DSSE envelope as it was parsed or made: nothing is verified.
///
/// Its payload stays encoded until ``payload(expecting:)`` or the verifier has compared its type.
public struct DSSEEnvelope: Sendable, Equatable {
    /// The longest envelope, in bytes.
    public static let limit = 1024 * 1024
    /// The most signatures in one.
    public static let signatureLimit = 64

    /// One signature of an envelope.
    public struct Signature: Sendable, Equatable {
        /// The id of the key that is said to have signed; `nil` where the signature names none.
        public let keyID: String?
        /// The signature.
        public let bytes: [UInt8]

        /// Makes a signature.
        public init(keyID: String?, bytes: [UInt8]) {
            self.keyID = keyID
            self.bytes = bytes
        }
    }

    /// The payload's type, as the envelope says.
    public let payloadType: String
    /// The signatures, as the envelope holds them.
    public let signatures: [Signature]
    private let encodedPayload: String

    /// Parses an envelope; a field that the standard does not have is refused.
    ///
    /// - Parameter bytes: the envelope, at most ``limit`` bytes of JSON.
    /// - Throws: a `Fault` of code `malformed`.
    public init(_ bytes: [UInt8]) throws(Fault) {
        let limits = JSONLimits(bytes: DSSEEnvelope.limit, depth: 8, values: 4096)
        let fields = try JSONFields(try JSONReader.read(bytes, limits: limits), path: "envelope")
        try DSSEEnvelope.refuseOthers(fields, than: ["payload", "payloadType", "signatures"])
        payloadType = try fields.string("payloadType", limit: 256)
        encodedPayload = try fields.string("payload", limit: DSSEEnvelope.limit)
        var signatures: [Signature] = []
        let list = try fields.array("signatures", limit: DSSEEnvelope.signatureLimit)
        for (number, entry) in list.enumerated() {
            let entry = try JSONFields(entry, path: "envelope.signatures[\(number)]")
            try DSSEEnvelope.refuseOthers(entry, than: ["keyid", "sig"])
            let keyID = try entry.optionalString("keyid", limit: 256)
            let text = try entry.string("sig", limit: 4096)
            signatures.append(
                Signature(
                    keyID: keyID == "" ? nil : keyID,
                    bytes: try Base64.decode(text, as: "\(entry.path).sig")))
        }
        self.signatures = signatures
    }

    private static func refuseOthers(
        _ fields: JSONFields, than known: [String]
    ) throws(Fault) {
        guard case .object(let members) = fields.value else { return }
        if let other = members.first(where: { !known.contains($0.key) }) {
            throw Fault(
                .malformed,
                "“\(fields.path)” has the field “\(other.key.prefix(40))”; only "
                    + "\(known.joined(separator: ", ")) belong there.")
        }
    }

    /// Makes an envelope without signatures.
    public init(type: PayloadType, payload: [UInt8]) {
        self.init(
            payloadType: type.rawValue, encodedPayload: Base64.encode(payload), signatures: [])
    }

    private init(payloadType: String, encodedPayload: String, signatures: [Signature]) {
        self.payloadType = payloadType
        self.encodedPayload = encodedPayload
        self.signatures = signatures
    }

    /// The same envelope with one more signature.
    ///
    /// - Parameter signature: a signature over the payload's pre-authentication encoding.
    /// - Returns: the envelope, its signatures in the order of their key ids.
    /// - Throws: a `Fault` of code `keys` where the key id has signed already, or where
    ///   the envelope is full.
    public func adding(_ signature: Signature) throws(Fault) -> DSSEEnvelope {
        guard signatures.count < DSSEEnvelope.signatureLimit else {
            throw Fault(
                .keys, "The envelope has \(signatures.count) signatures, the most that it takes.")
        }
        if let keyID = signature.keyID, signatures.contains(where: { $0.keyID == keyID }) {
            throw Fault(
                .keys, "The envelope holds a signature of the key \(keyID.prefix(12))… already.")
        }
        // Whoever signs first, the envelope comes out the same.
        let sorted = (signatures + [signature]).sorted { left, right in
            (left.keyID ?? "").utf8.lexicographicallyPrecedes((right.keyID ?? "").utf8)
        }
        return DSSEEnvelope(
            payloadType: payloadType, encodedPayload: encodedPayload, signatures: sorted)
    }

    /// The envelope as JSON on one line; the same envelope gives the same bytes.
    public func encode() throws(Fault) -> [UInt8] {
        let bytes = JSONValue.members([
            ("payload", .string(encodedPayload)),
            ("payloadType", .string(payloadType)),
            (
                "signatures",
                .array(
                    signatures.map {
                        .members([
                            ("keyid", $0.keyID.map(JSONValue.string)),
                            ("sig", .string(Base64.encode($0.bytes))),
                        ])
                    })
            ),
        ]).compact
        guard bytes.count <= DSSEEnvelope.limit else {
            throw Fault(
                .source,
                "The envelope would have \(bytes.count) bytes; at most \(DSSEEnvelope.limit) are "
                    + "read.")
        }
        return bytes
    }

    /// The payload, not verified: for signing, and for showing what is signed.
    ///
    /// - Parameter type: the type that the payload must have, compared before it is decoded.
    /// - Returns: the decoded payload.
    /// - Throws: a `Fault` of code `malformed` or `unsupported`.
    public func payload(expecting type: PayloadType) throws(Fault) -> [UInt8] {
        guard payloadType == type.rawValue, payloadType.utf8.elementsEqual(type.rawValue.utf8)
        else {
            let family = type.rawValue.prefix { !$0.isNumber }
            throw Fault(
                payloadType.hasPrefix(family) ? .unsupported : .malformed,
                "The envelope's payload has the type “\(payloadType)”; “\(type.rawValue)” was "
                    + "expected.")
        }
        return try Base64.decode(encodedPayload, as: "envelope.payload")
    }
}
