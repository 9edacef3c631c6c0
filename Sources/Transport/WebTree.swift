public import Faults
public import Install

/// The files below a server's directory.
public final class WebTree: FileTree {
    private let base: String
    private let client: HTTPClient
    /// The directory's address, without user, password and query.
    public let name: String

    /// Names a directory; nothing is fetched yet.
    ///
    /// - Parameters:
    ///   - url: its address, with a slash at the end or not.
    ///   - client: fetches from it.
    /// - Throws: a `Fault` where the address cannot be fetched from, or has a query.
    public init(_ url: String, _ client: HTTPClient) throws(Fault) {
        guard !url.utf8.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") })
        else {
            throw Fault(
                .notFound, "A repository's address has no query (“?…”).",
                advice: "Give the address of its directory.")
        }
        name = try WebAddress(url).shown
        base = url.hasSuffix("/") ? url : url + "/"
        self.client = client
    }

    /// It comes over a network.
    public var isRemote: Bool { true }

    /// Opens a file below the directory.
    public func open(_ path: String) throws(Fault) -> any ByteSource {
        try client.source(base + path)
    }

    /// Fetches a small file below the directory.
    ///
    /// A server that answers 403 says no more than that it gives none: object stores answer so for
    /// what does not exist.
    public func read(_ path: String, limit: Int) throws(Fault) -> [UInt8]? {
        try client.get(base + path, limit: limit, forbiddenIsMissing: true)
    }

    /// Bytes a second of what came until now.
    public var rate: Int64? { client.rate }

    /// Bytes that were fetched until now.
    public var fetched: Int64 { client.received }

    /// Has a check asked while bytes are waited for.
    public func watch(_ check: @escaping () throws(Fault) -> Void) { client.watch(check) }
}
