/// A small file as a server gave it.
public struct FetchedFile: Sendable, Equatable {
    /// Its bytes.
    public let bytes: [UInt8]
    /// The server's name for this state of it (`ETag`), as it stood in the header.
    public let entityTag: String?
}
