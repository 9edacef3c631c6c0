internal import Faults
internal import StrictJSON

/// Reads the fields of root metadata.
enum RootReader {
    static func read(
        _ file: SignedMetadata, accepting schemes: Set<KeyScheme>
    ) throws(Fault) -> RootMetadata {
        let signed = try JSONFields(file.signed, path: "root.signed")
        return RootMetadata(
            file: file, header: try MetadataHeader(signed, type: "root"),
            consistentSnapshot: try signed.bool("consistent_snapshot"),
            keys: try KeyTable(signed.object("keys"), accepting: schemes),
            lists: try lists(signed.object("roles")))
    }

    private static func lists(
        _ object: JSONFields
    ) throws(Fault) -> [TrustRole: RootMetadata.RoleList] {
        var lists: [TrustRole: RootMetadata.RoleList] = [:]
        for role in TrustRole.allCases {
            let list = try KeyTable.list(object.object(role.rawValue))
            lists[role] = RootMetadata.RoleList(keyIDs: list.ids, threshold: list.threshold)
        }
        return lists
    }
}
