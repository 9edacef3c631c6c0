internal import Faults
internal import StrictJSON

/// Hash bins written down in one line (TAP 15): as many roles as there are bins, all with the same keys.
struct HashBins: Sendable {
    private let keys: RoleKeys
    private let bits: Int
    private let prefix: String

    /// Reads the object `succinct_roles`.
    init(_ fields: JSONFields, _ table: KeyTable) throws(Fault) {
        keys = try table.role(fields)
        bits = try fields.integer("bit_length", in: 1...32)
        prefix = try fields.string("name_prefix", limit: 256)
    }

    /// The bin of a path.
    ///
    /// - Parameter digest: the path's SHA-256 in hexadecimal.
    /// - Returns: the bin, as a role that ends the search.
    func role(for digest: String) -> Delegations.Role {
        let head = UInt64(digest.prefix(8), radix: 16) ?? 0
        let number = String(head >> UInt64(32 - bits), radix: 16)
        let digits = String(((UInt64(1) << UInt64(bits)) - 1), radix: 16).count
        let padded = String(repeating: "0", count: max(0, digits - number.count)) + number
        return Delegations.Role(
            name: "\(prefix)-\(padded)", keys: keys, isTerminating: true, paths: .patterns([]))
    }
}
