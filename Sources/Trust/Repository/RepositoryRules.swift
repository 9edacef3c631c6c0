/// What a repository's metadata is held against beside its signatures.
public struct RepositoryRules: Sendable {
    /// The most root versions that one refresh goes through.
    public static let rootLimit = 256
    /// The most targets roles that one search looks into.
    public static let roleLimit = 32

    /// The time against which expiry is judged, in seconds since 1970.
    ///
    /// The start of the refresh, the same for all of it; `nil` where what has expired is accepted.
    public var time: Int64?

    /// Makes rules.
    public init(time: Int64?) { self.time = time }

    func hasExpired(_ header: MetadataHeader) -> Bool {
        guard let time else { return false }
        return header.expires <= time
    }
}
