public import Faults

/// Who answers at an address: scheme, host and port (RFC 6454), whatever the path.
public struct WebOrigin: Sendable, Hashable {
    /// Whether it is `http`, which nothing protects.
    public let isPlain: Bool
    /// The host in lower case, as the address writes it.
    public let host: String
    /// The port, also where the address leaves it to the scheme.
    public let port: UInt16

    /// Takes the origin of an address.
    ///
    /// - Parameter url: an `http` or `https` address.
    /// - Throws: a `Fault` of code `configuration` where it is none.
    public init(_ url: String) throws(Fault) { self.init(try WebAddress(url)) }

    init(_ address: WebAddress) {
        isPlain = address.isPlain
        let authority = address.shown.dropFirst(isPlain ? 7 : 8).prefix { $0 != "/" }
        var host = authority
        var port: UInt16 = isPlain ? 80 : 443
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            port = UInt16(authority[authority.index(after: colon)...]) ?? port
            host = authority[..<colon]
        }
        self.host = host.lowercased()
        self.port = port
    }

    /// As an address without a path: `https://host:port`.
    public var text: String { "\(isPlain ? "http" : "https")://\(host):\(port)" }
}
