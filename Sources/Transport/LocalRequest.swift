/// One request to a local program.
public struct LocalRequest: Sendable {
    /// The path, beginning with a slash, already escaped.
    public var path: String
    /// The JSON to POST; `nil` makes it a GET.
    public var body: [UInt8]?

    /// Makes a GET.
    public static func get(_ path: String) -> LocalRequest { LocalRequest(path: path, body: nil) }

    /// Makes a POST of a JSON text.
    public static func post(_ path: String, _ json: [UInt8]) -> LocalRequest {
        LocalRequest(path: path, body: json)
    }
}

/// Bounds of a request.
public struct LocalHTTPLimits: Sendable {
    /// The longest time to connect, in milliseconds.
    public var connectMilliseconds: Int
    /// The longest time in all, in milliseconds.
    public var totalMilliseconds: Int
    /// The longest answer, in bytes.
    public var responseBytes: Int

    /// Makes limits.
    public init(
        connectMilliseconds: Int = 1000, totalMilliseconds: Int = 10_000,
        responseBytes: Int = 16 << 20
    ) {
        self.connectMilliseconds = connectMilliseconds
        self.totalMilliseconds = totalMilliseconds
        self.responseBytes = responseBytes
    }
}

/// What became of a request.
public enum LocalOutcome: Sendable {
    /// An answer with whatever status.
    case answered(LocalAnswer)
    /// No whole answer.
    case failed(LocalFailure)
}

/// A whole answer.
public struct LocalAnswer: Sendable {
    /// The HTTP status.
    public var status: Int
    /// The body.
    public var body: [UInt8]
    /// From before connecting or sending to after the last byte, in nanoseconds of
    /// `CLOCK_MONOTONIC`.
    public var nanoseconds: Int64
}

/// Why there is no whole answer.
public struct LocalFailure: Sendable, Equatable {
    /// The kinds of failure.
    public enum Kind: Sendable, Equatable {
        /// Nobody listens there.
        case noConnection
        /// The time was up.
        case timedOut
        /// The answer was longer than the limit.
        case tooLarge
        /// The connection broke, or what came is not HTTP.
        case broken
    }

    /// The kind.
    public var kind: Kind
    /// libcurl's own text.
    public var text: String
}
