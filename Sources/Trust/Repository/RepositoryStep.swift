/// What a workflow over a repository asks for next; whoever performs it answers before the next.
public enum RepositoryStep: Sendable, Equatable {
    /// The copy of a file that was stored before; the answer is `nil` where there is none.
    case load(String)
    /// A file of the repository, of at most so many bytes; the answer is `nil` where the server says
    /// that there is none.
    case fetch(String, limit: Int)
    /// A file is to be stored, durably, before the workflow goes on; the answer is `nil`.
    case store(String, [UInt8])
    /// A stored file is to be removed, durably; the answer is `nil`.
    case remove(String)
    /// Nothing more.
    case done
}

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
