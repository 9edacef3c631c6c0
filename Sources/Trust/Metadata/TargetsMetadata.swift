internal import Faults
internal import StrictJSON

/// Targets metadata, top-level or delegated, verified by its delegator's keys (TUF 1.0.34, section 4.5).
public struct TargetsMetadata: Sendable {
    /// The most bytes that one file may have where snapshot does not say how many.
    public static let limit = 5 << 20
    /// The most targets in one file.
    public static let targetLimit = 50_000

    let header: MetadataHeader
    private let table: [ExactName: TargetFile]
    let delegations: Delegations?

    /// The targets, in the order of their paths' bytes.
    public var files: [TargetFile] {
        table.values.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    /// The target of a path; `nil` where there is none.
    public func target(_ path: String) -> TargetFile? { table[ExactName(path)] }

    /// The version, from 1.
    public var version: Int { header.version }
    /// When it expires, in seconds since 1970.
    public var expires: Int64 { header.expires }

    init(
        _ bytes: [UInt8], role name: String, by role: RoleKeys, accepting schemes: Set<KeyScheme>
    ) throws(Fault) {
        let signed = try SignedMetadata.verified(
            bytes, JSONLimits(bytes: TargetsMetadata.limit, depth: 32, values: 600_000),
            what: name, by: role)
        header = try MetadataHeader(signed, type: "targets")
        table = try TargetsMetadata.table(signed.object("targets"))
        delegations = try signed.optionalObject("delegations").map { (fields) throws(Fault) in
            try Delegations(fields, accepting: schemes)
        }
    }

    private static func table(_ fields: JSONFields) throws(Fault) -> [ExactName: TargetFile] {
        guard case .object(let members) = fields.value, members.count <= targetLimit else {
            throw Fault(.malformed, "“\(fields.path)” has more than \(targetLimit) targets.")
        }
        var table: [ExactName: TargetFile] = [:]
        table.reserveCapacity(members.count)
        for member in members {
            guard (1...TargetFile.pathLimit).contains(member.key.utf8.count) else {
                throw Fault(
                    .malformed,
                    "“\(fields.path)” has a path of \(member.key.utf8.count) bytes; 1 to "
                        + "\(TargetFile.pathLimit) are accepted.")
            }
            let target = try TargetFile(
                path: member.key,
                try JSONFields(member.value, path: "\(fields.path).\(member.key.prefix(64))"))
            table[ExactName(member.key)] = target
        }
        return table
    }
}
