internal import StrictJSON

/// A request that is refused: the HTTP status and the sentence that goes into the protocol's error
/// object, which says what was found and what was expected.
struct ProtocolError: Error, Equatable {
    let status: Int
    let message: String

    /// The protocol's error object, as text.
    var body: [UInt8] { JSONValue.members([("error", .string(message))]).compact }

    static func badRequest(_ message: String) -> Self { Self(status: 400, message: message) }
    static func notFound(_ message: String) -> Self { Self(status: 404, message: message) }
}
