public import Faults

/// A secret that one server, and no other, is told in the `Authorization` header line.
///
/// A client adds it by itself to each request to that origin, also behind a redirect, and leaves it
/// out of all others. Nothing prints it.
public struct Credential: Sendable, CustomStringConvertible {
    /// Whom it is for.
    public let origin: WebOrigin
    private let value: String

    /// The longest value, in bytes.
    public static let longest = 512

    /// Makes a credential.
    ///
    /// - Parameters:
    ///   - value: what follows `Authorization: `, of visible ASCII characters and spaces.
    ///   - origin: whom it is for.
    /// - Throws: a `Fault` of code `configuration` for a value that no header line can hold.
    public init(_ value: String, for origin: WebOrigin) throws(Fault) {
        guard (1...Credential.longest).contains(value.utf8.count),
            value.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else {
            // It is not repeated here.
            throw Fault(
                .configuration,
                "An authorization has 1 to \(Credential.longest) visible ASCII characters.")
        }
        self.value = value
        self.origin = origin
    }

    /// For messages: whom it is for, and nothing of the secret.
    public var description: String { "an authorization for \(origin.text)" }

    /// The header lines of a request to an address: one, or none.
    func lines(for address: WebAddress) -> [String] {
        WebOrigin(address) == origin ? ["Authorization: " + value] : []
    }
}
