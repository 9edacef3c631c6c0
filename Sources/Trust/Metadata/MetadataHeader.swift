internal import Faults
internal import StrictJSON

/// What every kind of metadata says of itself (TUF 1.0.34, section 4.3).
struct MetadataHeader: Sendable, Equatable {
    /// The versions that there can be; what JSON's readers elsewhere take as an exact number.
    static let versions = 1...(1 << 53)

    /// The version, from 1.
    let version: Int
    /// When it expires, in seconds since 1970.
    let expires: Int64

    /// Reads the fields.
    ///
    /// - Parameters:
    ///   - signed: the signed object.
    ///   - type: what `_type` must be.
    /// - Throws: a `Fault` of code `malformed`, or `unsupported` for a major version of the
    ///   specification other than 1.
    init(_ signed: JSONFields, type: String) throws(Fault) {
        let said = try signed.string("_type", limit: 64)
        guard said == type else {
            throw Fault(
                .malformed, "“\(signed.path)._type” is “\(said)”; “\(type)” was expected.")
        }
        try MetadataHeader.checkSpecification(signed)
        version = try signed.integer("version", in: MetadataHeader.versions)
        let text = try signed.string("expires", limit: 64)
        guard let seconds = UTCTime.seconds(text) else {
            throw Fault(
                .malformed,
                "“\(signed.path).expires” is “\(text)”; a time such as 2031-05-09T00:00:00Z was "
                    + "expected.")
        }
        expires = seconds
    }

    private static func checkSpecification(_ signed: JSONFields) throws(Fault) {
        let specification = try signed.string("spec_version", limit: 32)
        let parts = specification.utf8.split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let numbers = parts.allSatisfy { part in
            !part.isEmpty && part.allSatisfy { (0x30...0x39).contains($0) }
        }
        guard numbers, parts.count == 2 || parts.count == 3 else {
            throw Fault(
                .malformed,
                "“\(signed.path).spec_version” is “\(specification)”; a version such as 1.0.34 was "
                    + "expected.")
        }
        guard parts[0].elementsEqual("1".utf8) else {
            throw Fault(
                .unsupported,
                "“\(signed.path)” follows version \(specification) of the TUF specification; "
                    + "versions 1.x are supported.",
                advice: "Update this program first.")
        }
    }
}
