public import Faults
public import Install

/// A bundle on a web server.
public final class WebShelf: Shelf {
    private let location: Location
    private let url: String
    private let client: HTTPClient

    /// Names a bundle; nothing is fetched yet.
    ///
    /// - Parameters:
    ///   - url: its address.
    ///   - client: fetches it, and what stands beside it.
    public init(_ url: String, _ client: HTTPClient) {
        location = .remote(url)
        self.url = url
        self.client = client
    }

    /// The address, without user, password and query.
    public var name: String { location.shown }

    /// The last component of the address's path, unescaped.
    public var file: String? {
        let path = url.prefix { $0 != "?" }
        guard let slash = path.lastIndex(of: "/") else { return nil }
        return WebShelf.unescaped(path[path.index(after: slash)...])
    }

    /// Opens the bundle.
    public func bundle() throws(Fault) -> any ByteSource { try client.source(url) }

    /// Opens a file of the same directory.
    public func open(_ file: String) throws(Fault) -> any ByteSource {
        try client.source(try address(of: file))
    }

    /// Reads a small file of the same directory; `nil` where the server has none.
    public func read(_ file: String, limit: Int) throws(Fault) -> [UInt8]? {
        try client.get(try address(of: file), limit: limit)
    }

    /// Bytes a second of what came until now.
    public var rate: Int64? { client.rate }

    /// Bytes that were fetched until now.
    public var fetched: Int64 { client.received }

    /// Has a check asked while bytes are waited for.
    public func watch(_ check: @escaping () throws(Fault) -> Void) { client.watch(check) }

    private func address(of file: String) throws(Fault) -> String {
        guard case .remote(let url) = try location.sibling(file) else { return file }
        return url
    }

    /// A path component whose `%XX` are bytes again; `nil` where that is no plain file name.
    private static func unescaped(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16),
                rest.count >= 2
            else { return nil }
            bytes.append(code)
            rest = rest.dropFirst(2)
        }
        guard let name = String(validating: bytes, as: UTF8.self), !name.isEmpty,
            !bytes.contains(0), !bytes.contains(UInt8(ascii: "/"))
        else { return nil }
        return name
    }
}
