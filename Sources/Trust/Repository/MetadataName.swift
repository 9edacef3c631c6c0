/// The names that metadata files have, stored and in a repository.
enum MetadataName {
    /// The name under which a role's file is stored; the role's name is percent-encoded whole, so
    /// that no name leaves the directory.
    static func stored(_ role: String) -> String { PercentEncoding.whole(role) + ".json" }

    /// The name of a role's file in a repository.
    ///
    /// - Parameters:
    ///   - role: the role.
    ///   - version: the version that is wanted; `nil` where names carry none.
    /// - Returns: the name.
    static func published(_ role: String, version: Int?) -> String {
        (version.map { "\($0)." } ?? "") + stored(role)
    }
}
