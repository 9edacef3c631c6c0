/// A small request to a server whose every answer counts, refusals included.
public struct WebRequest: Sendable {
    /// What is done.
    public enum Method: String, Sendable {
        /// Something is read.
        case get = "GET"
        /// Something is told.
        case post = "POST"
        /// Something is put in the place of what was there.
        case put = "PUT"
    }

    /// What is done.
    public var method: Method
    /// Where.
    public var url: String
    /// The body; none of a GET.
    public var body: [UInt8]?
    /// Its header lines, such as `Accept: application/json`.
    public var headers: [String]
    /// The longest body of an answer, in bytes.
    public var limit: Int
    /// Whether it must not reach the server twice: it is tried once, on a connection of its own.
    ///
    /// libcurl asks again by itself where a kept connection turns out to be dead, and cannot know
    /// whether the server had taken the request.
    public var isOnce: Bool
    /// Whether an answer of status 500 and above is one too, with its words, rather than a fault.
    public var takesServerErrors = false

    /// Makes a request.
    public init(
        _ method: Method, _ url: String, body: [UInt8]? = nil, headers: [String] = [],
        limit: Int, isOnce: Bool = false
    ) {
        self.method = method
        self.url = url
        self.body = body
        self.headers = headers
        self.limit = limit
        self.isOnce = isOnce
    }
}

/// What a server answered, whatever it thinks of the request.
public struct WebAnswer: Sendable, Equatable {
    /// The status.
    public let status: Int
    /// The body; of a refusal its first 1024 bytes.
    public let body: [UInt8]
    /// After how long the server wants to be asked again, where it said so.
    public let retryAfter: Duration?

    /// Whether the server took the request.
    public var isSuccess: Bool { (200...299).contains(status) }
}
