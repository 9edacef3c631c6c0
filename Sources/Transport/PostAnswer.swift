/// What a server answered to a POST that it did not refuse.
public struct PostAnswer: Sendable, Equatable {
    /// The status: 200, or 202 where the server will decide later (RFC 9110, section 15.3.3).
    public let status: Int
    /// The media type with its parameters, in lower case; empty where none was named.
    public let contentType: String
    /// The body; empty of status 202.
    public let body: [UInt8]
    /// After how long the server wants to be asked again, where it said so.
    public let retryAfter: Duration?

    /// The media type alone.
    public var mediaType: String {
        String(contentType.prefix { $0 != ";" && $0 != " " && $0 != "\t" })
    }
}
